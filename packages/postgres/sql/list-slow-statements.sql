-- Statements of this database by the time that they took in all, of those that take long. Their text has no values in it. Needs
-- pg_stat_statements. $1 milliseconds at least on average, $2 rows at most.
SELECT s.calls::float8 AS calls, s.mean_exec_time AS mean_ms, s.max_exec_time AS max_ms, s.total_exec_time AS total_ms,
  left(regexp_replace(s.query, '\s+', ' ', 'g'), 200) AS query
FROM pg_stat_statements s
JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()
WHERE s.mean_exec_time >= $1::float8
ORDER BY s.total_exec_time DESC
LIMIT $2::int4
