-- Some findings that were closed before an instant. $1 instant, $2 rows at most.
WITH gone AS (
  DELETE FROM insight_finding
  WHERE ctid = ANY (ARRAY(SELECT ctid FROM insight_finding WHERE closed_at < $1::timestamptz LIMIT $2::int4))
  RETURNING 1
)
SELECT count(*)::float8 AS rows FROM gone
