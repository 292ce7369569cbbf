-- Jobs of a tenant, newest first; ties in the order of their ids, so that a page goes on where the last one ended.
-- $1 tenant, $2 owner, $3 state, $4 kind, $5 and $6 the last row of the page before (submitted at, job id), $7 rows at most. Null: any.
SELECT job_id, tenant, owner, kind, state, attempts, progress, error_code,
  (extract(epoch FROM submitted_at) * 1000)::float8 AS submitted_at_ms, (extract(epoch FROM started_at) * 1000)::float8 AS started_at_ms,
  (extract(epoch FROM finished_at) * 1000)::float8 AS finished_at_ms, (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at_ms
FROM job
WHERE tenant = $1::text
  AND (expires_at IS NULL OR expires_at > now())
  AND ($2::text IS NULL OR owner = $2::text)
  AND ($3::text IS NULL OR state = $3::text)
  AND ($4::text IS NULL OR kind = $4::text)
  AND ($5::timestamptz IS NULL OR (submitted_at, job_id) < ($5::timestamptz, $6::uuid))
ORDER BY submitted_at DESC, job_id DESC
LIMIT $7::int4
