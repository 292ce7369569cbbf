-- One job of a tenant.
-- $1 tenant, $2 job id.
SELECT job_id, tenant, owner, kind, state, attempts, progress, error_code,
  (extract(epoch FROM submitted_at) * 1000)::float8 AS submitted_at_ms, (extract(epoch FROM started_at) * 1000)::float8 AS started_at_ms,
  (extract(epoch FROM finished_at) * 1000)::float8 AS finished_at_ms, (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at_ms
FROM job
WHERE tenant = $1::text AND job_id = $2::uuid AND (expires_at IS NULL OR expires_at > now())
