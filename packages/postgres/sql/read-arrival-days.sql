-- Days on which events of a tenant came, and whether their rows are there still: no day is that was dropped, or of which rows of
-- one of the types are being deleted.
-- $1 tenant, $2 event day as days since 1970-01-01 (null: any), $3 text[] event types.
SELECT d.arrival_day - date '1970-01-01' AS arrival_day,
  to_regclass('raw_event_' || to_char(d.arrival_day, 'YYYYMMDD')) IS NOT NULL
    AND NOT EXISTS (SELECT FROM raw_pruned p WHERE p.day = d.arrival_day AND p.tenant = $1 AND p.type = ANY ($3::text[])) AS is_kept
FROM (
  SELECT DISTINCT arrival_day
  FROM arrival_day
  WHERE tenant = $1 AND ($2::int4 IS NULL OR event_day = date '1970-01-01' + $2::int4)
) d
ORDER BY d.arrival_day
