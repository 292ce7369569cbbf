-- How far an attempt is. No row: the job was cancelled, or another attempt has begun.
-- $1 job id, $2 claim, $3 progress, $4 cursor.
UPDATE job
SET progress = $3::jsonb, cursor = $4::jsonb
WHERE job_id = $1::uuid AND claim = $2::uuid AND state = 'processing'
RETURNING 1 AS advanced
