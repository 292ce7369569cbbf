-- Progress of the partitions that a growth makes: term, commit number (the journal's blocks keep theirs), generation and seals of the
-- ancestor, nothing of the log read. What the ancestor is complete through holds for the part of its keys. $1 count before, $2 count after.
INSERT INTO partition_progress (
  lane, partition, owner, term, commit_no, next_offset, log_generation, topic_id, complete_through, sealed_quarter_hour, sealed_hour, sealed_day
)
SELECT a.lane, n.partition, a.owner, a.term, a.commit_no, 0, a.log_generation, a.topic_id, a.complete_through,
  a.sealed_quarter_hour, a.sealed_hour, a.sealed_day
FROM generate_series($1::int4, $2::int4 - 1) AS n(partition)
JOIN partition_progress a ON a.partition = n.partition % $1::int4
