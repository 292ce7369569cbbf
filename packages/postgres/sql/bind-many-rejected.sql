-- Binds to each open row the identity of the event that is to be sent in its place. The first one stays: a row that is bound to
-- another one, or is closed, does not come back.
-- $1 tenant, $2 text[] topic, $3 int4[] log generation, $4 int4[] partition, $5 int8[] offset, $6 bytea[] identity.
UPDATE rejected_event r
SET replay_identity = w.identity
FROM unnest($2::text[], $3::int4[], $4::int4[], $5::int8[], $6::bytea[]) AS w(topic, log_generation, partition, log_offset, identity)
WHERE r.tenant = $1::text AND r.topic = w.topic AND r.log_generation = w.log_generation AND r.partition = w.partition AND r.log_offset = w.log_offset
  AND r.state = 'open' AND (r.replay_identity IS NULL OR r.replay_identity = w.identity)
RETURNING r.lane, r.log_generation, r.partition, r.log_offset
