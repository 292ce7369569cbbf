-- Ends a job with its result, or with the code of its failure, in one row: neither is there without the other.
-- $1 job id, $2 claim, $3 result, $4 error code (null: it is completed), $5 seconds for which it is kept.
UPDATE job
SET state = CASE WHEN $4::text IS NULL THEN 'completed' ELSE 'failed' END,
  result = $3::json, error_code = $4::text, finished_at = now(), expires_at = now() + make_interval(secs => $5::float8)
WHERE job_id = $1::uuid AND claim = $2::uuid AND state = 'processing'
RETURNING 1 AS finished
