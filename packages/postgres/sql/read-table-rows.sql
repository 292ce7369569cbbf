-- Rows of tables as statistics have them, none where there are none yet. $1 names of schemas, $2 those of tables beside them.
SELECT n.nspname::text AS schema, c.relname::text AS relation, greatest(c.reltuples, 0)::float8 AS rows
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (n.nspname, c.relname) IN (SELECT * FROM unnest($1::text[], $2::text[]))
