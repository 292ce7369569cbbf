-- Raw events of persons, each person's together and in the order of (time, id): read some at a time by fetch-journeys, in the
-- transaction that this is sent in. $1 tenant, $2 text[] event types, $3 and $4 time of occurrence from and before,
-- $5 whether their data is wanted, $6 most rows.
DECLARE journeys NO SCROLL CURSOR FOR
SELECT event_id, source, type, subject, log_offset, pack_version, CASE WHEN $5::boolean THEN data::text ELSE '{}' END AS data,
  (extract(epoch FROM occurred_at) * 1000)::float8 AS occurred_at_ms,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms
FROM raw_event
WHERE tenant = $1 AND type = ANY ($2::text[]) AND subject IS NOT NULL
  AND occurred_at >= $3::timestamptz AND occurred_at < $4::timestamptz
ORDER BY subject COLLATE "C", occurred_at, event_id COLLATE "C", source COLLATE "C"
LIMIT $6::int4
