-- Their replay was refused: one attempt more, and the newest reason. A job refuses a row once, however often its work is taken up
-- again.
-- $1 tenant, $2 text[] topic, $3 int4[] log generation, $4 int4[] partition, $5 int8[] offset, $6 text[] code, $7 text[] path, $8 job id.
UPDATE rejected_event r
SET attempts = r.attempts + 1, code = w.code, path = w.path, refused_by = $8::uuid
FROM unnest($2::text[], $3::int4[], $4::int4[], $5::int8[], $6::text[], $7::text[]) AS w(topic, log_generation, partition, log_offset, code, path)
WHERE r.tenant = $1::text AND r.topic = w.topic AND r.log_generation = w.log_generation AND r.partition = w.partition AND r.log_offset = w.log_offset
  AND r.state = 'open' AND r.refused_by IS DISTINCT FROM $8::uuid
