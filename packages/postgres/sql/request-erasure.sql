-- A person is to be erased; who is, or is to be, already keeps the first request. Told to every service by the control topic, in the
-- same transaction. $1 request, $2 tenant, $3 pseudonym, $4 partition, $5 who asks, $6 the sealed id.
WITH asked AS (
  INSERT INTO erasure (request_id, tenant, subject, partition, requested_by, sealed_subject)
  VALUES ($1::uuid, $2, $3, $4::int4, $5, $6::bytea)
  ON CONFLICT DO NOTHING
  RETURNING request_id, partition
)
INSERT INTO control_record (key, version, value)
SELECT 'erased/' || $2 || '/' || $3, 1, jsonb_build_object('request_id', request_id, 'partition', partition) FROM asked
ON CONFLICT (key) DO NOTHING
