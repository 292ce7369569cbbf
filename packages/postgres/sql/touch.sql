-- Complete-through of lanes without new records moves forward; it never goes back. The locks of two owners cannot cross: both go
-- in the order of the fence. A row whose commit number is below the one that its owner remembers has lost commits (a failover, a
-- backup that was restored): what they counted is not there, so nothing may be called complete. Of the two lanes only the live
-- row has commit numbers; a commit of its owner that is under way may be above.
-- $1 text[] lane, $2 int4[] partition, $3 timestamptz[] complete-through, $4 bytea[] owner token, $5 int8[] commit number.
-- Returns the lanes that are still held.
WITH held AS (
  SELECT p.lane, p.partition, n.complete_through, n.token
  FROM partition_progress p
  JOIN unnest($1::text[], $2::int4[], $3::timestamptz[], $4::bytea[], $5::int8[])
    AS n(lane, partition, complete_through, token, commit_no) USING (lane, partition)
  WHERE p.owner = n.token AND (p.lane <> 'live' OR p.commit_no >= n.commit_no)
  ORDER BY p.partition, p.lane <> 'live', p.lane
  FOR UPDATE OF p
)
UPDATE partition_progress p
SET complete_through = greatest(p.complete_through, held.complete_through)
FROM held
WHERE p.lane = held.lane AND p.partition = held.partition AND p.owner = held.token
RETURNING p.lane, p.partition
