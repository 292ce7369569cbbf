-- The same of one bucket that holds more cells than a slice may read: of each finer bucket of it the first series behind the one
-- that was done last, so many at most; in the order of series.
-- $1 partition, $2 finer grain, $3 its width in seconds, $4 beginning and $5 end of the bucket, $6 series up to this one are done
-- (null: none), $7 most cells of a finer bucket.
SELECT s.series_id, s.tenant, s.metric, s.version, s.set_no, s.subject, array_to_json(s.dims) AS dims, c.packed
FROM (
  SELECT
    c.series_id,
    string_agg(
      int8send(c.bucket_s) || int2send(c.partition) || int8send(c.term) || int8send(c.commit_no) || int4send(c.revision)
        || int4send(length(c.state)) || c.state,
      '' ORDER BY c.bucket_s
    ) AS packed
  FROM generate_series($4::int8, $5::int8 - $3::int8, $3::int8) AS b(bucket_s)
  CROSS JOIN LATERAL (
    SELECT c.series_id, c.bucket_s, c.partition, c.term, c.commit_no, c.revision, c.state
    FROM cell c
    WHERE c.partition = $1::int2 AND c.grain = $2::int2 AND c.grain <= 3 AND c.bucket_s = b.bucket_s
      AND c.series_id > coalesce($6::uuid, '00000000-0000-0000-0000-000000000000')
    ORDER BY c.series_id
    LIMIT $7::int4
  ) c
  GROUP BY c.series_id
) c
JOIN series s USING (series_id)
ORDER BY s.series_id
