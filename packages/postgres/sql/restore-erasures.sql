-- Requests that the control topic knows and Postgres does not, for it was restored from a backup. $1 uuid[] request, $2 text[] tenant,
-- $3 text[] pseudonym, $4 int4[] partition.
INSERT INTO erasure (request_id, tenant, subject, partition, requested_by)
SELECT request_id, tenant, subject, partition, 'control topic'
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int4[]) AS n (request_id, tenant, subject, partition)
ON CONFLICT DO NOTHING
