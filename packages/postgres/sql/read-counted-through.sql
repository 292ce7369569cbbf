-- How far all partitions are counted, for people and monitors: one row. Null: some partition has not counted anything yet.
SELECT count(*)::int AS partitions,
  CASE WHEN bool_and(complete_through IS NOT NULL) THEN (extract(epoch FROM min(complete_through)) * 1000)::float8 END AS complete_through_ms
FROM partition_progress
WHERE lane = 'live'
