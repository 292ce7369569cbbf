-- How long events waited to be counted is told for a week (`GET /api/analytics/system/metrics`): minutes that are over for a day are
-- added up to hours (`lag_hour`), so that a tenant has some ten thousand rows of it and not half a million
-- (docs/design/stream-statistics.md).
ALTER TABLE stream_tally
  -- Of `lag` and `lag_hour`: the longest of them. The classes alone would be a tenth off.
  ADD COLUMN longest_ms bigint NOT NULL DEFAULT 0,
  DROP CONSTRAINT stream_tally_what_check,
  ADD CONSTRAINT stream_tally_what_check CHECK (what IN ('type', 'copies', 'lag', 'lag_hour'));
