-- Persons of some partitions who are erased or are to be, oldest request first. $1 int4[] partitions, $2 whether those too whose events are
-- gone already.
SELECT request_id, tenant, subject, partition, visited, begun_at IS NOT NULL AS is_begun, events_at IS NOT NULL AS is_done
FROM erasure
WHERE partition = ANY ($1::int4[]) AND ($2::boolean OR events_at IS NULL)
ORDER BY requested_at, request_id
