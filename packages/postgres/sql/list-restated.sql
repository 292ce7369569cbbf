-- Closed buckets that were changed, over all partitions, in the order of metric, version, bucket and cause.
-- $1 tenant, $2 metric (null: any), $3 first bucket and $4 end of the last (null: any), $5 changed at or after (null: any),
-- $6 to $9 metric, version, bucket and cause of the row after which to go on (null: from the first), $10 rows at most.
SELECT metric, version, bucket_s::float8 AS bucket_s, cause, sum(revision)::float8 AS revision,
  (extract(epoch FROM min(first_at)) * 1000)::float8 AS first_at_ms,
  (extract(epoch FROM max(restated_at)) * 1000)::float8 AS restated_at_ms
FROM restated_bucket
WHERE tenant = $1
  AND ($2::text IS NULL OR metric = $2::text)
  AND ($3::int8 IS NULL OR bucket_s >= $3::int8)
  AND ($4::int8 IS NULL OR bucket_s < $4::int8)
  AND ($6::text IS NULL OR (metric, version, bucket_s, cause) > ($6::text, $7::int4, $8::int8, $9::text))
GROUP BY metric, version, bucket_s, cause
HAVING $5::timestamptz IS NULL OR max(restated_at) >= $5::timestamptz
ORDER BY metric, version, restated_bucket.bucket_s, cause
LIMIT $10::int4
