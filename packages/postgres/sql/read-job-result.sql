-- What a completed job has to show, as it was written.
-- $1 tenant, $2 job id.
SELECT result::text AS result
FROM job
WHERE tenant = $1::text AND job_id = $2::uuid AND state = 'completed' AND expires_at > now()
