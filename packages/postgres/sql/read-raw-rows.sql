-- Raw rows of a partition in a window of offsets: bounded on both sides, so that the block ranges of an open day serve it.
-- $1 partition, $2 arrival day since 1970-01-01, $3 log generation, $4 first offset, $5 offset after the last, $6 tenant,
-- $7 text[] event types, $8 timestamptz[] time of occurrence from and before (null: any), $9 most rows, $10 whether of
-- the backfill lane.
SELECT event_id, source, type, subject, log_offset, pack_version, data::text AS data,
  (extract(epoch FROM occurred_at) * 1000)::float8 AS occurred_at_ms,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms
FROM raw_event
WHERE received_at >= (date '1970-01-01' + $2::int4)::timestamp AT TIME ZONE 'UTC'
  AND received_at < (date '1970-01-02' + $2::int4)::timestamp AT TIME ZONE 'UTC'
  AND partition = $1::int4 AND log_generation = $3::int4 AND log_offset >= $4::int8 AND log_offset < $5::int8
  AND is_backfill = $10::boolean
  AND tenant = $6 AND type = ANY ($7::text[])
  AND ($8::timestamptz[] IS NULL OR (occurred_at >= ($8::timestamptz[])[1] AND occurred_at < ($8::timestamptz[])[2]))
ORDER BY log_offset
LIMIT $9::int4
