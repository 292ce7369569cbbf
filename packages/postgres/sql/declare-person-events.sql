-- All raw events of a person, whole, by (type in the order of $3, time, id), types that $3 does not name first: read some at a time
-- by fetch-events, in the transaction that this is sent in. $1 tenant, $2 pseudonym, $3 text[] event types.
DECLARE events NO SCROLL CURSOR FOR
SELECT tenant, event_id, source, type, subject, partition, log_offset::float8 AS log_offset, log_generation, pack_version, data::text AS data,
  attributes::text AS attributes, is_backfill,
  (extract(epoch FROM occurred_at) * 1000)::float8 AS occurred_at_ms,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms
FROM raw_event
WHERE tenant = $1 AND subject = $2
ORDER BY coalesce(array_position($3::text[], type), 0), type COLLATE "C", occurred_at, event_id COLLATE "C", source COLLATE "C",
  is_backfill, log_generation, partition, log_offset
