-- How far the logs of the event lanes were counted that have given way to others.
SELECT lane, partition, log_generation, next_offset
FROM ended_log
WHERE lane <> 'rejected'
ORDER BY lane, partition, log_generation
