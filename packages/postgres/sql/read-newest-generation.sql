-- The greatest log generation of a lane's partitions: the next one is given above it, so that the one number of a receipt
-- tells the generation of each of its partitions.
-- $1 lane.
SELECT coalesce(max(log_generation), 0)::int4 AS log_generation
FROM partition_progress
WHERE lane = $1::text
