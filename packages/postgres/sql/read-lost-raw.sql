-- The last arrival day whose raw events are gone, and the last of those that are in no archive: of everything (no type), and by
-- event type.
SELECT NULL AS tenant, NULL AS type, archived_at IS NOT NULL AS is_archived, to_char(max(day), 'YYYY-MM-DD') AS day
FROM raw_day
WHERE state = 'dropped'
GROUP BY archived_at IS NOT NULL
UNION ALL
SELECT p.tenant, p.type, d.archived_at IS NOT NULL, to_char(max(p.day), 'YYYY-MM-DD')
FROM raw_pruned p
JOIN raw_day d USING (day)
GROUP BY p.tenant, p.type, d.archived_at IS NOT NULL
