-- The fence: the first statement of every flush. A row moves only if the token and the expected offset are still there;
-- the caller compares the count and rolls back unless every row moved. Rows are locked in partition order, the live one first.
-- $1 text[] lane, $2 int4[] partition, $3 int8[] expected offset, $4 int8[] next offset, $5 bytea[] digest of the last
-- record (null: keep), $6 timestamptz[] complete-through (null: keep), $7 int8[] commit number this commit gets (of the live
-- row; the others keep the same), $8 bytea[] owner token. Returns lane and partition of each row that moved, and what is sealed: the flush decides by it.
WITH wanted AS (
  SELECT * FROM unnest($1::text[], $2::int4[], $3::int8[], $4::int8[], $5::bytea[], $6::timestamptz[], $7::int8[], $8::bytea[])
    AS w(lane, partition, expected, next_offset, digest, complete_through, commit_no, token)
), held AS (
  SELECT w.*
  FROM partition_progress p JOIN wanted w ON w.lane = p.lane AND w.partition = p.partition
  WHERE p.owner = w.token AND p.next_offset = w.expected AND (p.lane <> 'live' OR p.commit_no = w.commit_no - 1)
  ORDER BY p.partition, p.lane <> 'live', p.lane
  FOR UPDATE OF p
)
UPDATE partition_progress p
SET next_offset = held.next_offset,
    commit_no = held.commit_no,
    last_record_sha256 = coalesce(held.digest, p.last_record_sha256),
    complete_through = greatest(p.complete_through, held.complete_through)
FROM held
WHERE p.lane = held.lane AND p.partition = held.partition AND p.owner = held.token AND p.next_offset = held.expected
RETURNING p.lane, p.partition, p.sealed_quarter_hour, p.sealed_hour, p.sealed_day, p.sealing_grain, p.sealing_after
