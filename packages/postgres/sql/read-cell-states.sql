-- States that the owner does not hold in memory, read inside its flush.
-- $1 int4[] partition, $2 uuid[] series, $3 int2[] grain, $4 int8[] bucket.
SELECT c.partition, c.series_id, c.grain, c.bucket_s, c.state, c.term, c.commit_no, c.revision
FROM unnest($1::int4[], $2::uuid[], $3::int2[], $4::int8[]) AS k(partition, series_id, grain, bucket_s)
JOIN cell c ON c.series_id = k.series_id AND c.grain = k.grain AND c.bucket_s = k.bucket_s AND c.partition = k.partition
