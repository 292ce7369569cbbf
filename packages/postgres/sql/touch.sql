-- Complete-through of partitions without new records moves forward; it never goes back. The locks of two owners cannot
-- cross: both go in partition order.
-- $1 int4[] partition, $2 timestamptz[] complete-through, $3 bytea[] owner token. Returns the partitions that are still held.
WITH held AS (
  SELECT p.partition, n.complete_through, n.token
  FROM partition_progress p
  JOIN unnest($1::int4[], $2::timestamptz[], $3::bytea[]) AS n(partition, complete_through, token) USING (partition)
  WHERE p.lane = 'live' AND p.owner = n.token
  ORDER BY p.partition
  FOR UPDATE OF p
)
UPDATE partition_progress p
SET complete_through = greatest(p.complete_through, held.complete_through)
FROM held
WHERE p.lane = 'live' AND p.partition = held.partition AND p.owner = held.token
RETURNING p.partition
