-- Series that this owner meets for the first time: inserted or left, in key order, because owners share these rows.
-- `dims` travels as one JSON array a row: an array of arrays of unlike length has no SQL form.
-- $1 uuid[] id, $2 text[] tenant, $3 text[] metric, $4 int4[] version, $5 int4[] set number, $6 text[] subject, $7 text[] dims.
INSERT INTO series (series_id, tenant, metric, version, set_no, subject, dims)
SELECT id, tenant, metric, version, set_no, subject, CASE WHEN dims = '[]' THEN '{}' ELSE ARRAY(SELECT value FROM json_array_elements_text(dims::json) WITH ORDINALITY AS d(value, n) ORDER BY n) END
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int4[], $5::int4[], $6::text[], $7::text[])
  AS s(id, tenant, metric, version, set_no, subject, dims)
ORDER BY id
ON CONFLICT DO NOTHING
