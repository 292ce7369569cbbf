-- A higher term or another position of a claimed lane; nothing where the token no longer holds it.
-- $1 lane, $2 partition, $3 owner token, $4 term or null, $5 next offset or null (then $6..$8 too),
-- $6 log generation, $7 topic id, $8 digest of the last record.
UPDATE partition_progress
SET term = greatest(term, coalesce($4::int8, term)),
    next_offset = coalesce($5::int8, next_offset),
    log_generation = coalesce($6::int4, log_generation),
    topic_id = coalesce($7::text, topic_id),
    last_record_sha256 = CASE WHEN $5::int8 IS NULL THEN last_record_sha256 ELSE $8::bytea END
WHERE lane = $1::text AND partition = $2::int4 AND owner = $3::bytea
RETURNING log_generation
