-- How many rows a bulk replay will take in hand.
-- $1 tenant, $2 received at or after (-infinity: any), $3 received before, $4 code (null: any).
SELECT count(*)::float8 AS rows
FROM rejected_event
WHERE tenant = $1::text
  AND state = 'open'
  AND attempts < 3
  AND received_at >= $2::timestamptz
  AND received_at < $3::timestamptz
  AND ($4::text IS NULL OR code = $4::text)
