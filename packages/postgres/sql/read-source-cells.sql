-- The finer cells that a slice of a seal merges: from the first bucket on that has any, some buckets further, of each finer
-- bucket the first series at most so many. Inside the transaction of the slice, after its fence: a bucket that is found
-- empty here is sealed by this transaction. A finer bucket without cells is one row without a series, so that no rows at all
-- say that there is nothing left to merge.
-- $1 partition, $2 finer grain, $3 its width in seconds, $4 first bucket to seal, $5 end of what is due, $6 width of a bucket to
-- seal, $7 how many buckets, $8 series of the first bucket up to this one are done (null: none), $9 most cells of a finer bucket.
WITH first AS (
  SELECT $6::int8 * floor(c.bucket_s::numeric / $6::int8)::int8 AS bucket_s
  FROM cell c
  WHERE c.partition = $1::int2 AND c.grain = $2::int2 AND c.grain <= 3 AND c.bucket_s >= $4::int8 AND c.bucket_s < $5::int8
  ORDER BY c.bucket_s
  LIMIT 1
)
SELECT first.bucket_s AS first_s, b.bucket_s, c.series_id, c.state, c.revision,
  s.tenant, s.metric, s.version, s.set_no, s.subject, array_to_json(s.dims) AS dims
FROM first
CROSS JOIN generate_series(first.bucket_s, least($5::int8, first.bucket_s + $6::int8 * $7::int8) - $3::int8, $3::int8) AS b(bucket_s)
LEFT JOIN LATERAL (
  SELECT c.series_id, c.state, c.revision
  FROM cell c
  WHERE c.partition = $1::int2 AND c.grain = $2::int2 AND c.grain <= 3 AND c.bucket_s = b.bucket_s
    AND c.series_id > CASE
      WHEN $8::uuid IS NOT NULL AND b.bucket_s < $4::int8 + $6::int8 THEN $8::uuid
      ELSE '00000000-0000-0000-0000-000000000000'
    END
  ORDER BY c.series_id
  LIMIT $9::int4
) c ON true
LEFT JOIN series s ON s.series_id = c.series_id
ORDER BY b.bucket_s, c.series_id
