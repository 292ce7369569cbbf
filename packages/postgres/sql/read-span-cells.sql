-- Cells of some partitions that some series of a metric version have in a range, in the order of series; of a series without any one
-- row without a grain, so that the last row says where the page ends.
-- $1 int2[] partition, $2 tenant, $3 metric, $4 version, $5 int2[] grain, $6 first bucket, $7 bucket after the last, $8 series after this
-- one (null: from the first), $9 series at most.
SELECT s.series_id, s.set_no, s.subject, array_to_json(s.dims) AS dims, c.partition, c.grain, c.bucket_s, c.state, c.term, c.commit_no, c.revision
FROM (
  SELECT series_id, set_no, subject, dims
  FROM series
  WHERE tenant = $2 AND metric = $3 AND version = $4::int4 AND series_id > coalesce($8::uuid, '00000000-0000-0000-0000-000000000000')
  ORDER BY series_id
  LIMIT $9::int4
) s
LEFT JOIN LATERAL (
  SELECT c.partition, c.grain, c.bucket_s, c.state, c.term, c.commit_no, c.revision
  FROM unnest($5::int2[]) AS g(grain)
  JOIN cell c ON c.series_id = s.series_id AND c.grain = g.grain AND c.bucket_s >= $6::int8 AND c.bucket_s < $7::int8
  WHERE c.partition = ANY ($1::int2[])
) c ON true
ORDER BY s.series_id
