-- What a bulk replay takes next: open rows of a tenant, oldest first, with their sealed originals. Left out are rows that have had
-- three attempts, and those that this job has refused already.
-- The bounds are always given, so that every plan, a generic one too, begins in the index where the page before ended.
-- $1 tenant, $2 received at or after, $3 received before, $4 code (null: any), $5 to $9 the last row of the page before (received at,
-- topic, log generation, partition, offset; -infinity: none), $10 job id, $11 rows at most.
SELECT lane, topic, log_generation, partition, log_offset, code, path, length::float8 AS length, attempts, state, receipt, format,
  octet_length(sealed) AS sealed_bytes, sealed, replay_identity,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms,
  (extract(epoch FROM replayed_at) * 1000)::float8 AS replayed_at_ms
FROM rejected_event
WHERE tenant = $1::text
  AND state = 'open'
  AND attempts < 3
  AND refused_by IS DISTINCT FROM $10::uuid
  AND received_at >= $2::timestamptz
  AND received_at < $3::timestamptz
  AND ($4::text IS NULL OR code = $4::text)
  AND (received_at, topic, log_generation, partition, log_offset) > ($5::timestamptz, $6::text, $7::int4, $8::int4, $9::int8)
ORDER BY received_at, topic, log_generation, partition, log_offset
LIMIT $11::int4
