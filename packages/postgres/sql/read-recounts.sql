-- How far all partitions are with the recounts of a tenant. $1 tenant.
SELECT partition, spec, cursor
FROM partition_task
WHERE kind = 'recount' AND spec ->> 'tenant' = $1
ORDER BY name, partition
