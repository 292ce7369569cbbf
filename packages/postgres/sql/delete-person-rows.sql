-- Raw events of a person by their places, counted. $1 request, $2 tenant, $3 pseudonym, $4 partition, $5 and $6 first and last arrival day
-- since 1970-01-01, $7 boolean[] whether of the backfill lane, $8 int4[] log generation, $9 int8[] offset.
WITH gone AS (
  DELETE FROM raw_event r
  USING unnest($7::boolean[], $8::int4[], $9::int8[]) AS p (is_backfill, log_generation, log_offset)
  WHERE r.received_at >= (date '1970-01-01' + $5::int4)::timestamp AT TIME ZONE 'UTC'
    AND r.received_at < (date '1970-01-02' + $6::int4)::timestamp AT TIME ZONE 'UTC'
    AND r.tenant = $2 AND r.subject = $3 AND r.partition = $4::int4
    AND r.is_backfill = p.is_backfill AND r.log_generation = p.log_generation AND r.log_offset = p.log_offset
  RETURNING r.log_offset
)
INSERT INTO erasure_count AS c (request_id, what, removed)
SELECT $1::uuid, 'raw_events', count(*) FROM gone
ON CONFLICT (request_id, what) DO UPDATE SET removed = c.removed + excluded.removed
