-- Closed buckets that a commit changed: one revision more of each. In key order. $1 text[] tenant, $2 text[] metric,
-- $3 int4[] version, $4 int8[] bucket, $5 text[] cause, $6 int4[] partition.
INSERT INTO restated_bucket AS r (tenant, metric, version, bucket_s, cause, partition)
SELECT * FROM unnest($1::text[], $2::text[], $3::int4[], $4::int8[], $5::text[], $6::int4[]) AS n(tenant, metric, version, bucket_s, cause, partition)
ORDER BY 1, 2, 3, 4, 5, 6
ON CONFLICT (tenant, metric, version, bucket_s, cause, partition)
DO UPDATE SET revision = r.revision + 1, restated_at = now()
