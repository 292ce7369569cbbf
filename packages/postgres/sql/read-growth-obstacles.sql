-- What must not be while partitions are made more: metric versions that are being made of raw events, erasures whose events are not gone,
-- and tables of entities, whose rows must have one partition that writes them, in the making of a version too.
SELECT
  (SELECT count(DISTINCT name) FROM partition_task WHERE kind = 'version' AND state = 'open')::int4 AS open_versions,
  (SELECT count(*) FROM erasure WHERE events_at IS NULL)::int4 AS open_erasures,
  (SELECT count(*) FROM pg_class
   WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname LIKE 'entity.%')::int4 AS entity_tables
