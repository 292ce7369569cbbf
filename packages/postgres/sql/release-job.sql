-- Ends an attempt without ending the job. An attempt that was broken off because its process stops does not count as one.
-- $1 job id, $2 claim, $3 whether it counts.
UPDATE job
SET state = 'queued', claim = NULL, attempts = CASE WHEN $3::bool THEN attempts ELSE attempts - 1 END
WHERE job_id = $1::uuid AND claim = $2::uuid AND state = 'processing'
RETURNING 1 AS released
