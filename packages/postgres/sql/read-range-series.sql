-- Series of one set of one metric version that have a cell in one of the pieces of a range; one search of the primary key for
-- each series and piece (see read-range-cells.sql), up to the first that finds something.
-- $1 tenant, $2 metric, $3 version, $4 set, $5 text[] subjects (null: all); of each piece $6 int2[] grain, $7 int8[] first bucket,
-- $8 int8[] bucket after the last.
SELECT s.series_id, s.subject, array_to_json(s.dims) AS dims
FROM (
  SELECT series_id, subject, dims FROM series
  WHERE tenant = $1 AND metric = $2 AND version = $3::int4 AND set_no = $4::int4 AND subject = ANY ($5::text[])
  UNION ALL
  SELECT series_id, subject, dims FROM series
  WHERE tenant = $1 AND metric = $2 AND version = $3::int4 AND set_no = $4::int4 AND $5::text[] IS NULL
) s
WHERE EXISTS (
  SELECT
  FROM unnest($6::int2[], $7::int8[], $8::int8[]) AS p(grain, from_s, to_s)
  CROSS JOIN LATERAL (
    SELECT
    FROM cell c
    WHERE c.series_id = s.series_id AND c.grain = p.grain AND c.bucket_s >= p.from_s AND c.bucket_s < p.to_s
    LIMIT 1
  ) c
)
