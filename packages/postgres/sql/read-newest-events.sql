-- The newest counted events of a tenant between two instants of occurrence: on closed days by their index of types, on open ones
-- among the last offsets of each lane of a partition. Of equal instants the greater id is the newer. Persons who are erased or
-- are to be are left out. $1 tenant, $2 text[] event types, $3 and $4 time of occurrence from and before, $5 last offsets,
-- $6 most rows of each type, $7 most rows.
WITH closed AS (
  SELECT DISTINCT a.arrival_day AS day
  FROM arrival_day a JOIN raw_day d ON d.day = a.arrival_day AND d.state = 'closed'
  WHERE a.tenant = $1
    AND a.event_day >= ($3::timestamptz AT TIME ZONE 'UTC')::date AND a.event_day <= ($4::timestamptz AT TIME ZONE 'UTC')::date
), found AS (
  SELECT e.*
  FROM closed d CROSS JOIN unnest($2::text[]) AS t(type) CROSS JOIN LATERAL (
    SELECT e.event_id, e.source, e.type, e.subject, e.occurred_at, e.received_at, e.log_offset, e.pack_version, e.data::text AS data
    FROM raw_event e
    WHERE e.received_at >= d.day::timestamp AT TIME ZONE 'UTC' AND e.received_at < (d.day + 1)::timestamp AT TIME ZONE 'UTC'
      AND e.tenant = $1 AND e.type = t.type AND e.occurred_at >= $3::timestamptz AND e.occurred_at < $4::timestamptz
      AND NOT EXISTS (SELECT FROM erasure x WHERE x.tenant = $1 AND x.subject = e.subject)
    ORDER BY e.occurred_at DESC, e.event_id COLLATE "C" DESC
    LIMIT $6::int4
  ) e
  -- A row of a day that was open at one look and closed at the next would come twice.
  UNION
  SELECT event_id, source, type, subject, occurred_at, received_at, log_offset, pack_version, data::text
  FROM (
    SELECT e.*, row_number() OVER (PARTITION BY e.type ORDER BY e.occurred_at DESC, e.event_id COLLATE "C" DESC) AS place
    FROM partition_progress p CROSS JOIN LATERAL (
      SELECT e.event_id, e.source, e.type, e.subject, e.occurred_at, e.received_at, e.log_offset, e.pack_version, e.data
      FROM raw_event e
      WHERE e.partition = p.partition AND e.log_generation = p.log_generation AND e.is_backfill = (p.lane = 'backfill')
        AND e.log_offset >= p.next_offset - $5::int8
        AND e.received_at >= (SELECT min(d.day)::timestamp AT TIME ZONE 'UTC' FROM raw_day d WHERE d.state = 'open')
        AND e.tenant = $1 AND e.type = ANY ($2::text[]) AND e.occurred_at >= $3::timestamptz AND e.occurred_at < $4::timestamptz
        AND NOT EXISTS (SELECT FROM erasure x WHERE x.tenant = $1 AND x.subject = e.subject)
    ) e
    WHERE p.lane IN ('live', 'backfill')
  ) e
  WHERE e.place <= $6::int4
)
SELECT event_id, source, type, subject, log_offset, pack_version, data,
  (extract(epoch FROM occurred_at) * 1000)::float8 AS occurred_at_ms,
  (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms
FROM found
ORDER BY occurred_at DESC, event_id COLLATE "C" DESC, source COLLATE "C" DESC
LIMIT $7::int4
