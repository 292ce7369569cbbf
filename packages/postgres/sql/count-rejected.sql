-- How many records of some offset ranges became rejected rows after they had been accepted: those of the tenant, and those
-- that could not be read, which have none. Each range is one short scan of the primary key.
-- $1 text[] topic, $2 tenant, $3 int4[] log generation, $4 int4[] partition, $5 int8[] first offset, $6 int8[] last offset.
SELECT count(*)::int4 AS rejected
FROM unnest($1::text[], $3::int4[], $4::int4[], $5::int8[], $6::int8[]) AS s(topic, log_generation, partition, first_offset, last_offset)
JOIN rejected_event r
  ON r.topic = s.topic
  AND r.log_generation = s.log_generation
  AND r.partition = s.partition
  AND r.log_offset BETWEEN s.first_offset AND s.last_offset
WHERE r.lane <> 'ingest' AND r.tenant IN ($2::text, '-')
