-- What must not be while partitions are made more: metric versions that are being made of raw events, and erasures whose events are not
-- gone.
SELECT
  (SELECT count(DISTINCT name) FROM partition_task WHERE kind = 'version' AND state = 'open')::int4 AS open_versions,
  (SELECT count(*) FROM erasure WHERE events_at IS NULL)::int4 AS open_erasures
