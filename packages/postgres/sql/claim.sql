-- Takes partitions over: a fresh owner token fences every earlier owner, and the term of the live row rises.
-- A lane without a row begins at the earliest offset of its log, never at the latest. Rows are locked in the order of the fence
-- (by partition, the live one first), so that two owners cannot wait for each other.
-- A partition beyond the count is nobody's: its row is made by the switch of a growth, with what its ancestor counted.
-- $1 text[] lane, $2 int4[] partition, $3 int8[] start offset, $4 text[] topic id, $5 bytea owner token.
-- Returns the rows as they are now.
INSERT INTO partition_progress AS p (lane, partition, owner, term, commit_no, next_offset, log_generation, topic_id)
SELECT w.lane, w.partition, $5::bytea, 1, 0, w.start_offset, 1, w.topic_id
FROM unnest($1::text[], $2::int4[], $3::int8[], $4::text[]) AS w(lane, partition, start_offset, topic_id)
WHERE NOT EXISTS (SELECT FROM partition_count c WHERE w.partition >= c.count)
ORDER BY w.partition, w.lane <> 'live', w.lane
ON CONFLICT (lane, partition) DO UPDATE SET owner = excluded.owner, term = p.term + 1
RETURNING p.lane, p.partition, p.owner, p.term, p.commit_no, p.next_offset, p.log_generation, p.topic_id, p.last_record_sha256,
  (extract(epoch FROM p.complete_through) * 1000)::float8 AS complete_through_ms,
  p.sealed_quarter_hour, p.sealed_hour, p.sealed_day, p.sealing_grain, p.sealing_after
