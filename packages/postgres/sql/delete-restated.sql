-- Some closed buckets that were last changed before an instant. $1 instant, $2 rows at most.
WITH gone AS (
  DELETE FROM restated_bucket
  WHERE ctid = ANY (ARRAY(SELECT ctid FROM restated_bucket WHERE restated_at < $1::timestamptz LIMIT $2::int4))
  RETURNING 1
)
SELECT count(*)::float8 AS rows FROM gone
