-- The last arrival day whose raw events are gone and in no archive: of everything (no type), and by event type.
SELECT NULL AS tenant, NULL AS type, to_char(max(day), 'YYYY-MM-DD') AS day
FROM raw_day
WHERE state = 'dropped' AND archived_at IS NULL
HAVING max(day) IS NOT NULL
UNION ALL
SELECT p.tenant, p.type, to_char(max(p.day), 'YYYY-MM-DD')
FROM raw_pruned p
JOIN raw_day d USING (day)
WHERE d.archived_at IS NULL
GROUP BY p.tenant, p.type
