-- Some drifted cells that were found before an instant, oldest first: they are numbered as they are found. $1 instant, $2 rows at most.
WITH gone AS (
  DELETE FROM cell_drift
  WHERE drift_no = ANY (ARRAY(SELECT drift_no FROM cell_drift ORDER BY drift_no LIMIT $2::int4)) AND found_at < $1::timestamptz
  RETURNING 1
)
SELECT count(*)::float8 AS rows FROM gone
