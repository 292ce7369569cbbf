-- Of each partition the raw rows of its last so many offsets: found by their place in the log, which every day's block ranges
-- serve, and not by a time, which those of an open day do not.
-- $1 tenant, $2 text[] event types, $3 offsets of each partition, $4 most rows.
SELECT r.event_id, r.source, r.type, r.subject, r.log_offset, r.pack_version, r.data::text AS data,
  (extract(epoch FROM r.occurred_at) * 1000)::float8 AS occurred_at_ms,
  (extract(epoch FROM r.received_at) * 1000)::float8 AS received_at_ms
FROM partition_progress p
CROSS JOIN LATERAL (
  SELECT *
  FROM raw_event e
  WHERE e.partition = p.partition AND e.log_generation = p.log_generation AND e.log_offset >= p.next_offset - $3::int8
    AND NOT e.is_backfill AND e.tenant = $1 AND e.type = ANY ($2::text[])
) r
WHERE p.lane = 'live'
LIMIT $4::int4
