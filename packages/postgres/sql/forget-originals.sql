-- Originals of an erased person are not kept any more; that the events were refused stays. $1 request, $2 text[] topic, $3 int4[] log generation,
-- $4 int4[] partition, $5 int8[] offset.
WITH gone AS (
  UPDATE rejected_event r SET sealed = NULL
  FROM unnest($2::text[], $3::int4[], $4::int4[], $5::int8[]) AS p (topic, log_generation, partition, log_offset)
  WHERE r.topic = p.topic AND r.log_generation = p.log_generation AND r.partition = p.partition AND r.log_offset = p.log_offset
    AND r.sealed IS NOT NULL
  RETURNING r.log_offset
)
INSERT INTO erasure_count AS c (request_id, what, removed)
SELECT $1::uuid, 'originals', count(*) FROM gone
ON CONFLICT (request_id, what) DO UPDATE SET removed = c.removed + excluded.removed
