-- Indexes whose columns are the first ones of another index of the table, of the same kind and under the same condition: the other one can
-- do what they do. Of two that are equal the one that was made later.
SELECT c.relname AS table_name, a.relname AS index_name, b.relname AS covered_by, pg_relation_size(i.indexrelid)::float8 AS bytes
FROM pg_index i
JOIN pg_index j ON j.indrelid = i.indrelid AND j.indexrelid <> i.indexrelid
JOIN pg_class a ON a.oid = i.indexrelid
JOIN pg_class b ON b.oid = j.indexrelid AND b.relam = a.relam
JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = current_schema()::regnamespace
WHERE NOT i.indisunique AND i.indexprs IS NULL AND j.indexprs IS NULL
  AND coalesce(pg_get_expr(i.indpred, i.indrelid), '') = coalesce(pg_get_expr(j.indpred, j.indrelid), '')
  AND (j.indkey::int2[])[0:i.indnkeyatts - 1] = (i.indkey::int2[])[0:i.indnkeyatts - 1]
  AND (j.indclass::oid[])[0:i.indnkeyatts - 1] = (i.indclass::oid[])[0:i.indnkeyatts - 1]
  AND (j.indoption::int2[])[0:i.indnkeyatts - 1] = (i.indoption::int2[])[0:i.indnkeyatts - 1]
  AND a.relam = (SELECT oid FROM pg_am WHERE amname = 'btree')
  AND j.indnkeyatts >= i.indnkeyatts AND i.indnatts = i.indnkeyatts
  AND (j.indnkeyatts > i.indnkeyatts OR j.indisunique OR j.indexrelid < i.indexrelid)
ORDER BY bytes DESC, index_name, covered_by
