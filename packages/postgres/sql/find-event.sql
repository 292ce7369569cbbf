-- Where an event is counted: on closed days by their index of ids, on open ones among the last offsets of each partition and in
-- the given spans, by their block ranges. $1 tenant, $2 event id, $3 source and $4 subject (null: any), $5 last offsets of each
-- lane of a partition; of each span $6 int4[] partition, $7 int4[] log generation, $8 text[] lane, $9 int8[] first offset,
-- $10 int8[] last offset; $11 most rows.
SELECT DISTINCT f.partition, f.log_offset::float8 AS log_offset, f.is_backfill, f.log_generation,
  (extract(epoch FROM f.received_at) * 1000)::float8 AS received_at_ms
FROM (
  SELECT e.*
  FROM raw_day d
  CROSS JOIN LATERAL (
    SELECT e.partition, e.log_offset, e.is_backfill, e.log_generation, e.received_at, e.source, e.subject
    FROM raw_event e
    WHERE e.received_at >= d.day::timestamp AT TIME ZONE 'UTC' AND e.received_at < (d.day + 1)::timestamp AT TIME ZONE 'UTC'
      AND e.tenant = $1 AND e.event_id = $2
  ) e
  WHERE d.state = 'closed'
  UNION ALL
  SELECT e.*
  FROM (
    SELECT p.partition, p.log_generation, p.lane, p.next_offset - $5::int8 AS first_offset, p.next_offset - 1 AS last_offset
    FROM partition_progress p
    WHERE p.lane IN ('live', 'backfill')
    UNION ALL
    SELECT s.partition, s.log_generation, s.lane, s.first_offset, s.last_offset
    FROM unnest($6::int4[], $7::int4[], $8::text[], $9::int8[], $10::int8[]) AS s(partition, log_generation, lane, first_offset, last_offset)
  ) s
  CROSS JOIN LATERAL (
    SELECT e.partition, e.log_offset, e.is_backfill, e.log_generation, e.received_at, e.source, e.subject
    FROM raw_event e
    WHERE e.partition = s.partition AND e.log_generation = s.log_generation AND e.is_backfill = (s.lane = 'backfill')
      AND e.log_offset >= s.first_offset AND e.log_offset <= s.last_offset AND e.tenant = $1 AND e.event_id = $2
  ) e
) f
WHERE ($3::text IS NULL OR f.source = $3) AND ($4::text IS NULL OR f.subject = $4)
ORDER BY received_at_ms, f.partition, log_offset
LIMIT $11::int4
