-- When a run of the archive last came to its end.
SELECT (extract(epoch FROM ended_at) * 1000)::float8 AS ended_ms FROM archive_run
