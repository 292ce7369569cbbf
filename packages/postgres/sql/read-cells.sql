-- States as of now of some cells of a partition, with their series: what is announced again after a take-over.
-- $1 partition, $2 uuid[] series, $3 int2[] grain, $4 int8[] bucket.
SELECT c.series_id, c.grain, c.bucket_s, c.state, c.term, c.commit_no, c.revision,
  s.tenant, s.metric, s.version, s.set_no, s.subject, array_to_json(s.dims) AS dims
FROM unnest($2::uuid[], $3::int2[], $4::int8[]) AS k(series_id, grain, bucket_s)
JOIN cell c ON c.series_id = k.series_id AND c.grain = k.grain AND c.bucket_s = k.bucket_s AND c.partition = $1::int4
JOIN series s ON s.series_id = c.series_id
