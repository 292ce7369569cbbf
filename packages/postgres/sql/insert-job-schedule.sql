-- A schedule that is not known yet begins with what is due next: what was due before it was declared was nobody's.
-- $1 tenant, $2 kind, $3 name, $4 the last due time that is over.
INSERT INTO job_schedule (tenant, kind, name, due_at, done_at)
VALUES ($1::text, $2::text, $3::text, $4::timestamptz, $4::timestamptz)
ON CONFLICT (tenant, kind, name) DO NOTHING
