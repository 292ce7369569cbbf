-- The job of a tenant with these parameters that is not finished (there is one at most), else the one that was completed last and is not expired.
-- $1 tenant, $2 kind, $3 SHA-256 of the parameters.
SELECT job_id, tenant, owner, kind, state, attempts, progress, error_code,
  (extract(epoch FROM submitted_at) * 1000)::float8 AS submitted_at_ms,
  (extract(epoch FROM started_at) * 1000)::float8 AS started_at_ms,
  (extract(epoch FROM finished_at) * 1000)::float8 AS finished_at_ms,
  (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at_ms
FROM job
WHERE tenant = $1 AND kind = $2 AND params_sha256 = $3 AND state IN ('queued', 'processing', 'completed')
  AND (expires_at IS NULL OR expires_at > now())
ORDER BY finished_at DESC NULLS FIRST
LIMIT 1
