-- The greatest log generation of the partitions of both event lanes, or of the rejected lane: the next one is given above it,
-- so that the one number of a receipt tells the generation of each log that it speaks of.
-- $1 lane.
SELECT coalesce(max(log_generation), 0)::int4 AS log_generation
FROM partition_progress
WHERE (lane = 'rejected') = ($1::text = 'rejected')
