-- Keeps how far a lane's log was counted, before the lane goes on with another log; nothing where the generation stays.
-- Runs in the transaction of the amendment and before it, so whoever sees the new generation sees where the old one ended.
-- $1 lane, $2 partition, $3 owner token, $4 log generation that begins.
INSERT INTO ended_log (lane, partition, log_generation, next_offset)
SELECT lane, partition, log_generation, next_offset
FROM partition_progress
WHERE lane = $1::text AND partition = $2::int4 AND owner = $3::bytea AND log_generation < $4::int4
ON CONFLICT DO NOTHING
