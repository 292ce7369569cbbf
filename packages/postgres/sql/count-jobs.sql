-- How many jobs of each kind wait and run, and how long the oldest one waits.
-- $1 text[] kinds.
SELECT k.kind,
  count(job_id) FILTER (WHERE state = 'queued')::float8 AS queued,
  count(job_id) FILTER (WHERE state = 'processing')::float8 AS processing,
  coalesce(extract(epoch FROM now() - min(submitted_at) FILTER (WHERE state = 'queued')), 0)::float8 AS oldest_s
FROM unnest($1::text[]) AS k(kind)
LEFT JOIN job ON job.kind = k.kind AND state IN ('queued', 'processing')
GROUP BY k.kind
