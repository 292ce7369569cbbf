-- Counted events of a tenant behind known places of the log, the newest of each type. Persons who are erased or are to be are left
-- out. $1 tenant, $2 text[] event types, of each lane of a partition $3 text[] lane, $4 int4[] partition, $5 int4[] log generation,
-- $6 int8[] first offset; $7 most rows of each type.
SELECT event_id, source, type, subject, log_offset, pack_version, data::text AS data,
  (extract(epoch FROM occurred_at) * 1000)::float8 AS occurred_at_ms,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms
FROM (
  SELECT e.*, row_number() OVER (PARTITION BY e.type ORDER BY e.occurred_at DESC, e.event_id COLLATE "C" DESC) AS place
  FROM unnest($3::text[], $4::int4[], $5::int4[], $6::int8[]) AS s(lane, partition, log_generation, first_offset)
  CROSS JOIN LATERAL (
    SELECT e.event_id, e.source, e.type, e.subject, e.occurred_at, e.received_at, e.log_offset, e.pack_version, e.data
    FROM raw_event e
    WHERE e.partition = s.partition AND e.log_generation = s.log_generation AND e.is_backfill = (s.lane = 'backfill')
      AND e.log_offset >= s.first_offset AND e.tenant = $1 AND e.type = ANY ($2::text[])
      AND NOT EXISTS (SELECT FROM erasure x WHERE x.tenant = $1 AND x.subject = e.subject)
  ) e
) e
WHERE place <= $7::int4
