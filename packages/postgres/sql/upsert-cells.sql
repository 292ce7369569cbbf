-- Absolute states of the changed cells. Only the holder of the fence writes cells of its partition, so nothing is compared.
-- $1 uuid[] series, $2 int2[] grain, $3 int8[] bucket, $4 int2[] partition, $5 bytea[] state, $6 int8[] term,
-- $7 int8[] commit number, $8 int4[] revision.
INSERT INTO cell AS c (series_id, grain, bucket_s, partition, state, term, commit_no, revision)
SELECT * FROM unnest($1::uuid[], $2::int2[], $3::int8[], $4::int2[], $5::bytea[], $6::int8[], $7::int8[], $8::int4[])
ON CONFLICT (series_id, grain, bucket_s, partition)
DO UPDATE SET state = excluded.state, term = excluded.term, commit_no = excluded.commit_no, revision = excluded.revision
