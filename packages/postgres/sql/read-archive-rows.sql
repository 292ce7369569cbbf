-- All rows of an arrival day, grouped as the archive groups them: by tenant, then by the first digit of the person's pseudonym
-- (`-`: nobody's), in each by position in the log, the live one first. $1 day.
SELECT tenant, coalesce(left(subject, 1), '-') AS subject_group, event_id, source, type, subject,
  (extract(epoch FROM occurred_at) * 1000)::float8 AS occurred_at_ms,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms,
  partition, log_offset::float8 AS log_offset, log_generation, pack_version, data::text AS data, attributes::text AS attributes,
  is_backfill
FROM raw_event
WHERE received_at >= $1::date::timestamp AT TIME ZONE 'UTC' AND received_at < ($1::date + 1)::timestamp AT TIME ZONE 'UTC'
ORDER BY 1, 2, is_backfill, partition, raw_event.log_generation, raw_event.log_offset
