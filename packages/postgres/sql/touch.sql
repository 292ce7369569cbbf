-- Complete-through of partitions without new records moves forward; it never goes back. The locks of two owners cannot
-- cross: both go in partition order.
-- $1 int4[] partition, $2 timestamptz[] complete-through, $3 owner token. Returns the partitions that are still held.
WITH held AS (
  SELECT p.partition, n.complete_through
  FROM partition_progress p
  JOIN unnest($1::int4[], $2::timestamptz[]) AS n(partition, complete_through) USING (partition)
  WHERE p.lane = 'live' AND p.owner = $3::bytea
  ORDER BY p.partition
  FOR UPDATE OF p
)
UPDATE partition_progress p
SET complete_through = greatest(p.complete_through, held.complete_through)
FROM held
WHERE p.lane = 'live' AND p.partition = held.partition AND p.owner = $3::bytea
RETURNING p.partition
