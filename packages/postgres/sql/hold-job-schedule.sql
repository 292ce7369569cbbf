-- One schedule, held until the transaction ends: nobody else begins a job of it meanwhile. $1 tenant, $2 kind, $3 name.
SELECT (extract(epoch FROM due_at) * 1000)::float8 AS due_ms, (extract(epoch FROM done_at) * 1000)::float8 AS done_ms, job_id
FROM job_schedule
WHERE tenant = $1::text AND kind = $2::text AND name = $3::text
FOR UPDATE
