-- How far all partitions are with tasks of one kind. $1 kind, $2 text[] names.
SELECT partition, kind, name, spec, cursor, state
FROM partition_task
WHERE kind = $1 AND name = ANY ($2::text[])
ORDER BY name, partition
