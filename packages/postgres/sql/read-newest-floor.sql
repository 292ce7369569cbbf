-- Since when of all partitions the rows of open days are looked at, by the arrival of the first of so many last offsets; null: all
-- of them are. $1 last offsets of each lane of a partition.
SELECT (extract(epoch FROM max(f.first_at)) * 1000)::float8 AS floor_ms
FROM partition_progress p
CROSS JOIN LATERAL (
  SELECT min(e.received_at) AS first_at
  FROM raw_event e
  WHERE e.partition = p.partition AND e.log_generation = p.log_generation AND e.is_backfill = (p.lane = 'backfill')
    AND e.log_offset >= p.next_offset - $1::int8 AND e.log_offset < p.next_offset - $1::int8 + 1000
    AND e.received_at >= (SELECT min(d.day)::timestamp AT TIME ZONE 'UTC' FROM raw_day d WHERE d.state = 'open')
) f
WHERE p.lane IN ('live', 'backfill') AND p.next_offset > $1::int8
