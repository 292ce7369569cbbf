-- Refused originals of a tenant that are kept, by place. $1 tenant, $2 topic, $3 log generation, $4 partition, $5 offset of the last one before,
-- $6 most rows.
SELECT topic, log_generation, partition, log_offset::float8 AS log_offset, sealed, code,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms
FROM rejected_event
WHERE tenant = $1 AND sealed IS NOT NULL AND (topic, log_generation, partition, log_offset) > ($2, $3::int4, $4::int4, $5::int8)
ORDER BY topic, log_generation, partition, log_offset
LIMIT $6::int4
