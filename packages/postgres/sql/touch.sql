-- Complete-through of lanes without new records moves forward; it never goes back. The locks of two owners cannot cross: both go
-- in the order of the fence.
-- $1 text[] lane, $2 int4[] partition, $3 timestamptz[] complete-through, $4 bytea[] owner token. Returns the partitions that
-- are still held.
WITH held AS (
  SELECT p.lane, p.partition, n.complete_through, n.token
  FROM partition_progress p
  JOIN unnest($1::text[], $2::int4[], $3::timestamptz[], $4::bytea[]) AS n(lane, partition, complete_through, token) USING (lane, partition)
  WHERE p.owner = n.token
  ORDER BY p.partition, p.lane <> 'live', p.lane
  FOR UPDATE OF p
)
UPDATE partition_progress p
SET complete_through = greatest(p.complete_through, held.complete_through)
FROM held
WHERE p.lane = held.lane AND p.partition = held.partition AND p.owner = held.token
RETURNING p.partition
