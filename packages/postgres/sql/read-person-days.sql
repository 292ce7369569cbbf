-- When a person's raw events of one partition occurred and came, as days since 1970-01-01. $1 tenant, $2 pseudonym, $3 partition.
SELECT floor(extract(epoch FROM occurred_at) / 86400)::int4 AS event_day, floor(extract(epoch FROM received_at) / 86400)::int4 AS arrival_day
FROM raw_event
WHERE tenant = $1 AND subject = $2 AND partition = $3::int4
GROUP BY 1, 2
ORDER BY 1, 2
