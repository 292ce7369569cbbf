-- Cells that read-range-cells.sql would give, counted no further than is asked for: where so many could be too many, a question
-- that is too large is found out before it fills the memory.
-- $1 tenant, $2 metric, $3 version, $4 set, $5 text[] subjects (null: all); of each piece $6 int2[] grain, $7 int8[] first bucket,
-- $8 int8[] bucket after the last; $9 where counting ends.
SELECT count(*)::int4 AS cells
FROM (
  SELECT
  FROM (
    SELECT series_id FROM series
    WHERE tenant = $1 AND metric = $2 AND version = $3::int4 AND set_no = $4::int4 AND subject = ANY ($5::text[])
    UNION ALL
    SELECT series_id FROM series
    WHERE tenant = $1 AND metric = $2 AND version = $3::int4 AND set_no = $4::int4 AND $5::text[] IS NULL
  ) s
  CROSS JOIN unnest($6::int2[], $7::int8[], $8::int8[]) AS p(grain, from_s, to_s)
  CROSS JOIN LATERAL (
    SELECT
    FROM cell c
    WHERE c.series_id = s.series_id AND c.grain = p.grain AND c.bucket_s >= p.from_s AND c.bucket_s < p.to_s
    OFFSET 0
  ) c
  LIMIT $9::int4
) found
