-- Tasks of one kind that an owner finds when it takes a partition over. $1 partition, $2 kind.
SELECT kind, name, spec, cursor, state
FROM partition_task
WHERE partition = $1::int4 AND kind = $2
ORDER BY task_no
