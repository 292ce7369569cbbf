-- A job that waits to be taken. No row comes back where an equal job of the tenant is not finished.
-- $1 job id, $2 tenant, $3 owner, $4 kind, $5 parameters, $6 their SHA-256.
INSERT INTO job (job_id, tenant, owner, kind, params, params_sha256)
VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::json, $6::bytea)
ON CONFLICT (tenant, kind, params_sha256) WHERE state IN ('queued', 'processing') DO NOTHING
RETURNING job_id, tenant, owner, kind, state, attempts, progress, error_code,
  (extract(epoch FROM submitted_at) * 1000)::float8 AS submitted_at_ms, (extract(epoch FROM started_at) * 1000)::float8 AS started_at_ms,
  (extract(epoch FROM finished_at) * 1000)::float8 AS finished_at_ms, (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at_ms
