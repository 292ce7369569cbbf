-- A person's raw events of one event day, with their places. $1 tenant, $2 pseudonym, $3 partition, $4 event day, $5 and $6 first and last
-- arrival day since 1970-01-01, $7 most rows.
SELECT event_id, source, type, subject, log_offset, pack_version, data::text AS data, is_backfill, log_generation,
  (extract(epoch FROM occurred_at) * 1000)::float8 AS occurred_at_ms,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms
FROM raw_event
WHERE received_at >= (date '1970-01-01' + $5::int4)::timestamp AT TIME ZONE 'UTC'
  AND received_at < (date '1970-01-02' + $6::int4)::timestamp AT TIME ZONE 'UTC'
  AND occurred_at >= (date '1970-01-01' + $4::int4)::timestamp AT TIME ZONE 'UTC'
  AND occurred_at < (date '1970-01-02' + $4::int4)::timestamp AT TIME ZONE 'UTC'
  AND tenant = $1 AND subject = $2 AND partition = $3::int4
ORDER BY is_backfill, log_generation, log_offset
LIMIT $7::int4
