-- Where a schedule is; it is held. $1 tenant, $2 kind, $3 name, $4 the due time begun last, $5 its job, $6 the one completed last.
UPDATE job_schedule SET due_at = $4::timestamptz, job_id = $5::uuid, done_at = $6::timestamptz
WHERE tenant = $1::text AND kind = $2::text AND name = $3::text
