-- Rounds of the archive that may hold rows of a tenant which raw_event has no more, or not yet again. Left out are only those whose
-- day is as it was archived: whoever reads both takes a row that is in both once.
-- $1 tenant, $2 and $3 first and last event day as days since 1970-01-01 (null: any).
SELECT a.day - date '1970-01-01' AS day, a.round, a.manifest_key, a.manifest_sha256
FROM raw_archive a
LEFT JOIN raw_day d USING (day)
WHERE EXISTS (
    SELECT FROM arrival_day e
    WHERE e.tenant = $1 AND e.arrival_day = a.day
      AND ($2::int4 IS NULL OR e.event_day >= date '1970-01-01' + $2::int4)
      AND ($3::int4 IS NULL OR e.event_day <= date '1970-01-01' + $3::int4)
  )
  AND NOT (
    coalesce(d.state = 'closed' AND a.archived_at >= d.archived_at, false)
    AND NOT EXISTS (SELECT FROM raw_pruned p WHERE p.day = a.day AND p.tenant = $1)
  )
ORDER BY a.day, a.round
