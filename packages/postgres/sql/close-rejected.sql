-- Closes a row whose event is in the log; the first receipt stays.
-- $1 tenant, $2 topic, $3 log generation, $4 partition, $5 offset, $6 receipt.
UPDATE rejected_event
SET state = 'replayed', receipt = $6::text, replayed_at = now()
WHERE tenant = $1::text AND topic = $2::text AND log_generation = $3::int4 AND partition = $4::int4 AND log_offset = $5::int8
  AND state = 'open'
