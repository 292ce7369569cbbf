-- Who has read of a gap, and why nothing more is to be done. The first word stays.
-- $1 lane, $2 partition, $3 log generation, $4 from offset, $5 id of the key, $6 reason.
UPDATE log_gap
SET acknowledged_at = now(), acknowledged_by = $5::text, acknowledged_reason = $6::text
WHERE lane = $1::text AND partition = $2::int4 AND log_generation = $3::int4 AND from_offset = $4::int8 AND acknowledged_at IS NULL
