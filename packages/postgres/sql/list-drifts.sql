-- Cells that recounts found wrong, the newest first. $1 tenant, $2 metric (null: any), $3 rows at most.
SELECT metric, version, partition, grain, bucket_s::float8 AS bucket_s, subject, dims, kind, expected, found,
  (extract(epoch FROM found_at) * 1000)::float8 AS found_at_ms,
  (extract(epoch FROM repaired_at) * 1000)::float8 AS repaired_at_ms
FROM cell_drift
WHERE tenant = $1 AND ($2::text IS NULL OR metric = $2)
ORDER BY drift_no DESC
LIMIT $3::int4
