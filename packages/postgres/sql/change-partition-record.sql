-- Moves the control record of the partition count from one value to the next, and tells who waits for changes. No row: it holds another
-- value by now, so somebody else has moved it. $1 json that stands, $2 json to be.
WITH changed AS (
  UPDATE control_record SET version = version + 1, value = $2::jsonb
  WHERE key = 'partitions/-/events' AND value = $1::jsonb
  RETURNING version
)
SELECT version::float8 AS version, pg_notify('tidegate_control', '') FROM changed
