-- Closes rows whose events are in the log; the first receipt of each stays.
-- $1 tenant, $2 text[] topic, $3 int4[] log generation, $4 int4[] partition, $5 int8[] offset, $6 text[] receipt.
UPDATE rejected_event r
SET state = 'replayed', receipt = w.receipt, replayed_at = now()
FROM unnest($2::text[], $3::int4[], $4::int4[], $5::int8[], $6::text[]) AS w(topic, log_generation, partition, log_offset, receipt)
WHERE r.tenant = $1::text AND r.topic = w.topic AND r.log_generation = w.log_generation AND r.partition = w.partition AND r.log_offset = w.log_offset
  AND r.state = 'open'
