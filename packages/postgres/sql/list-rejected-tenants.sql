-- Tenants that have refused events, or counts of them: one look into the index for each tenant, not one for each row.
WITH RECURSIVE found AS (
  (SELECT tenant FROM rejected_event ORDER BY tenant LIMIT 1)
  UNION ALL
  SELECT (SELECT r.tenant FROM rejected_event r WHERE r.tenant > f.tenant ORDER BY r.tenant LIMIT 1) FROM found f WHERE f.tenant IS NOT NULL
)
SELECT tenant FROM found WHERE tenant IS NOT NULL
UNION
SELECT tenant FROM rejected_day
UNION
SELECT tenant FROM rejected_beyond
