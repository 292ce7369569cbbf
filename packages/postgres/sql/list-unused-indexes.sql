-- Indexes that no statement has used since the counters began, largest first. Those that keep rows unique do their work unseen, and are
-- left out. $1 bytes at least.
SELECT s.relname AS table_name, s.indexrelname AS index_name, pg_relation_size(s.indexrelid)::float8 AS bytes
FROM pg_stat_user_indexes s
JOIN pg_index i USING (indexrelid)
WHERE s.schemaname = current_schema() AND s.idx_scan = 0 AND NOT i.indisunique AND pg_relation_size(s.indexrelid) >= $1::int8
ORDER BY bytes DESC, index_name
