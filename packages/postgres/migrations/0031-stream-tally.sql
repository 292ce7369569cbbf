-- What the owners counted, by tenant and minute of counting: what `GET /v1/events/stats` is answered from
-- (docs/design/stream-statistics.md). Figures of operation: written beside the commits, some seconds after them, and no
-- promise rests on them. Kept for a little more than a day.
CREATE TABLE stream_tally (
  tenant text NOT NULL,
  minute timestamptz NOT NULL,
  what text NOT NULL CHECK (what IN ('type', 'copies', 'lag')),
  -- Event type; the empty text; class of the lag.
  name text NOT NULL,
  events bigint NOT NULL,
  -- When the last of them arrived.
  last_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, minute, what, name)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON stream_tally TO tidegate_aggregator;
GRANT SELECT ON stream_tally TO tidegate_query;
