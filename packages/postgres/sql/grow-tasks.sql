-- The metric versions that the ancestor has made are made in the partitions of a growth too: no event of theirs is below a cut.
-- $1 count before, $2 count after.
INSERT INTO partition_task (partition, kind, name, spec, cursor, state)
SELECT n.partition, a.kind, a.name, a.spec, a.cursor, a.state
FROM generate_series($1::int4, $2::int4 - 1) AS n(partition)
JOIN partition_task a ON a.partition = n.partition % $1::int4
WHERE a.kind = 'version'
ORDER BY n.partition, a.task_no
