-- Tables that are read from end to end again and again: where an index may be missing. $1 rows at least that one such reading passes over.
SELECT relname AS table_name, seq_scan::float8 AS scans, (seq_tup_read / seq_scan)::float8 AS rows_a_scan,
  coalesce(idx_scan, 0)::float8 AS index_scans
FROM pg_stat_user_tables
WHERE schemaname = current_schema() AND seq_scan > 1 AND seq_tup_read / seq_scan >= $1::int8
ORDER BY seq_tup_read DESC, relname
