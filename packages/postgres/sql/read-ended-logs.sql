-- How far the live lane's logs were counted that have given way to others.
SELECT partition, log_generation, next_offset
FROM ended_log
WHERE lane = 'live'
ORDER BY partition, log_generation
