-- Days on which events of a tenant occurred, and whether all their rows are here: no arrival day that held some is dropped, and
-- none of the types is being deleted from one. $1 tenant, $2 text[] event types. Days since 1970-01-01.
SELECT d.event_day - date '1970-01-01' AS event_day,
  bool_and(
    to_regclass('raw_event_' || to_char(d.arrival_day, 'YYYYMMDD')) IS NOT NULL
    AND NOT EXISTS (SELECT FROM raw_pruned p WHERE p.day = d.arrival_day AND p.tenant = $1 AND p.type = ANY ($2::text[]))
  ) AS is_kept
FROM arrival_day d
WHERE d.tenant = $1
GROUP BY d.event_day
ORDER BY d.event_day
