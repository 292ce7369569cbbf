-- Begins an attempt: from here on nothing of an earlier one is taken. A job that has had all its attempts fails instead, for the
-- last one left no word of how it ended. No row: it is finished, or was never there.
-- $1 job id, $2 claim, $3 attempts at most, $4 seconds for which a failed job can be seen still.
UPDATE job
SET claim = $2::uuid,
  started_at = coalesce(started_at, now()),
  attempts = CASE WHEN attempts < $3::int4 THEN attempts + 1 ELSE attempts END,
  state = CASE WHEN attempts < $3::int4 THEN 'processing' ELSE 'failed' END,
  error_code = CASE WHEN attempts < $3::int4 THEN NULL ELSE 'job_failed' END,
  finished_at = CASE WHEN attempts < $3::int4 THEN NULL ELSE now() END,
  expires_at = CASE WHEN attempts < $3::int4 THEN NULL ELSE now() + make_interval(secs => $4::float8) END
WHERE job_id = $1::uuid AND state IN ('queued', 'processing')
RETURNING tenant, owner, kind, state, params::text AS params, attempts, progress, cursor,
  (extract(epoch FROM submitted_at) * 1000)::float8 AS submitted_at_ms
