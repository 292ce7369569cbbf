-- Raw events of types and a stretch of time, whole, by (subject, time, id): read some at a time by fetch-events, in the transaction that
-- this is sent in. $1 tenant, $2 text[] event types, $3 and $4 time of occurrence from and before, $5 whether of persons alone, $6 whether
-- their data is wanted (without it none leaves Postgres), $7 most rows (null: all; with it no more of them are sorted).
DECLARE events NO SCROLL CURSOR FOR
SELECT tenant, event_id, source, type, subject, partition, log_offset::float8 AS log_offset, log_generation, pack_version, is_backfill,
  CASE WHEN $6::boolean THEN data::text ELSE '{}' END AS data, CASE WHEN $6::boolean THEN attributes::text END AS attributes,
  (extract(epoch FROM occurred_at) * 1000)::float8 AS occurred_at_ms,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms
FROM raw_event
WHERE tenant = $1 AND type = ANY ($2::text[]) AND occurred_at >= $3::timestamptz AND occurred_at < $4::timestamptz
  AND (subject IS NOT NULL OR NOT $5::boolean)
ORDER BY subject COLLATE "C" NULLS FIRST, occurred_at, event_id COLLATE "C", source COLLATE "C",
  is_backfill, log_generation, partition, log_offset
LIMIT $7::int4
