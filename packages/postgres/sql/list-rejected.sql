-- Rejected rows of a tenant, newest first; ties in the order of their keys, so that a page goes on where the last one ended.
-- $1 tenant, $2 received at or after, $3 code, $4 to $8 the last row of the page before (received at, topic, log generation,
-- partition, offset), $9 rows at most. Null: any.
SELECT lane, topic, log_generation, partition, log_offset, code, path, length::float8 AS length, attempts, state, receipt, format,
  octet_length(sealed) AS sealed_bytes,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms,
  (extract(epoch FROM replayed_at) * 1000)::float8 AS replayed_at_ms
FROM rejected_event
WHERE tenant = $1::text
  AND ($2::timestamptz IS NULL OR received_at >= $2::timestamptz)
  AND ($3::text IS NULL OR code = $3::text)
  AND ($4::timestamptz IS NULL OR (received_at, topic, log_generation, partition, log_offset) < ($4::timestamptz, $5::text, $6::int4, $7::int4, $8::int8))
ORDER BY received_at DESC, topic DESC, log_generation DESC, partition DESC, log_offset DESC
LIMIT $9::int4
