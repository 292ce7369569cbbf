-- Ends a job that is not finished. The attempt under way learns of it at its next step; what it did until then stays.
-- $1 tenant, $2 job id, $3 seconds for which it can be seen still.
UPDATE job
SET state = 'cancelled', finished_at = now(), expires_at = now() + make_interval(secs => $3::float8)
WHERE tenant = $1::text AND job_id = $2::uuid AND state IN ('queued', 'processing')
RETURNING 1 AS cancelled
