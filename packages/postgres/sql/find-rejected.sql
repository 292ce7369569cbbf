-- One rejected row of a tenant, with its sealed original.
-- $1 tenant, $2 topic, $3 log generation, $4 partition, $5 offset.
SELECT lane, topic, log_generation, partition, log_offset, code, path, length::float8 AS length, attempts, state, receipt, format,
  octet_length(sealed) AS sealed_bytes, sealed, replay_identity,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms,
  (extract(epoch FROM replayed_at) * 1000)::float8 AS replayed_at_ms
FROM rejected_event
WHERE tenant = $1::text AND topic = $2::text AND log_generation = $3::int4 AND partition = $4::int4 AND log_offset = $5::int8
