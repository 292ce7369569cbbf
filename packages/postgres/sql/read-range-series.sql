-- Series of one set of one metric version that have a cell in a range of time.
-- $1 tenant, $2 metric, $3 version, $4 set, $5 subject (null: all), $6 grain, $7 first bucket, $8 bucket after the last.
SELECT s.series_id, s.subject, array_to_json(s.dims) AS dims
FROM series s
WHERE s.tenant = $1 AND s.metric = $2 AND s.version = $3::int4 AND s.set_no = $4::int4 AND ($5::text IS NULL OR s.subject = $5)
  AND EXISTS (
    SELECT FROM cell c WHERE c.series_id = s.series_id AND c.grain = $6::int2 AND c.bucket_s >= $7::int8 AND c.bucket_s < $8::int8
  )
