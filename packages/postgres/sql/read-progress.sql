-- The progress rows of some partitions, all lanes: what settles a commit whose answer was lost.
-- $1 int4[] partition.
SELECT lane, partition, owner, term, commit_no, next_offset, log_generation, topic_id, last_record_sha256,
  (extract(epoch FROM complete_through) * 1000)::float8 AS complete_through_ms,
  sealed_quarter_hour, sealed_hour, sealed_day, sealing_grain, sealing_after
FROM partition_progress
WHERE partition = ANY ($1::int4[])
ORDER BY lane, partition
