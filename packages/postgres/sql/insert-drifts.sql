-- Cells that a recount found wrong, in the commit that repairs them. $1 int4[] partition, $2 text[] tenant, $3 text[] metric,
-- $4 int4[] version, $5 int2[] grain, $6 int8[] bucket, $7 uuid[] series, $8 text[] subject, $9 text[] dimension values as JSON,
-- $10 text[] kind, $11 text[] expected and $12 text[] found as JSON (null: none), $13 text[] whether it is repaired (`yes`, `no`).
INSERT INTO cell_drift (partition, tenant, metric, version, grain, bucket_s, series_id, subject, dims, kind, expected, found, repaired_at)
SELECT d.partition, d.tenant, d.metric, d.version, d.grain, d.bucket_s, d.series_id, d.subject,
  d.dims::jsonb, d.kind, d.expected::jsonb, d.found::jsonb,
  CASE d.repaired WHEN 'yes' THEN now() END
FROM unnest($1::int4[], $2::text[], $3::text[], $4::int4[], $5::int2[], $6::int8[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::text[],
  $12::text[], $13::text[])
  AS d(partition, tenant, metric, version, grain, bucket_s, series_id, subject, dims, kind, expected, found, repaired)
