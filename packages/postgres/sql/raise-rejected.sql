-- Its replay was refused: one attempt more, and the newest reason.
-- $1 tenant, $2 topic, $3 log generation, $4 partition, $5 offset, $6 code, $7 path.
UPDATE rejected_event
SET attempts = attempts + 1, code = $6::text, path = $7::text
WHERE tenant = $1::text AND topic = $2::text AND log_generation = $3::int4 AND partition = $4::int4 AND log_offset = $5::int8
  AND state = 'open'
