-- Tasks that nobody wants any more. $1 partition, $2 text[] kind, $3 text[] name.
DELETE FROM partition_task
WHERE partition = $1::int4 AND (kind, name) IN (SELECT * FROM unnest($2::text[], $3::text[]))
