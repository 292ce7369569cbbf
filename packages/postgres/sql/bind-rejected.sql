-- Binds the identity of the event that is to be sent in place of an open row. The first one stays: no row comes back where it
-- is another one, or the row is closed.
-- $1 tenant, $2 topic, $3 log generation, $4 partition, $5 offset, $6 identity.
UPDATE rejected_event
SET replay_identity = $6::bytea
WHERE tenant = $1::text AND topic = $2::text AND log_generation = $3::int4 AND partition = $4::int4 AND log_offset = $5::int8
  AND state = 'open' AND (replay_identity IS NULL OR replay_identity = $6::bytea)
RETURNING 1 AS bound
