-- The newest rejected row of an event id that no event was sent in place of. $1 tenant, $2 keyed hash of tenant and id.
SELECT code, partition, log_offset::float8 AS log_offset, (extract(epoch FROM received_at) * 1000)::float8 AS received_at_ms
FROM rejected_event
WHERE tenant = $1 AND event_id_hash = $2::bytea AND state = 'open'
ORDER BY received_at DESC, log_offset DESC
LIMIT 1
