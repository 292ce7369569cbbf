-- Cells of one set of one metric version in the pieces of a range: of each series and piece one row with all of them, packed as
-- core's packed-cells.ts says. A row for each cell costs the driver more than reading it costs here. In no order: merging does
-- not care.
-- Plain aggregates of a lateral search keep it to one search of the primary key for each series and piece: how many pieces come
-- the planner cannot know, and for what it guesses it would read the whole table.
-- Two readings of series, one of which finds nothing: as one with OR, those of a subject would be looked for among those of all.
-- $1 tenant, $2 metric, $3 version, $4 set, $5 text[] subjects (null: all); of each piece $6 int2[] grain, $7 int8[] first bucket,
-- $8 int8[] bucket after the last; $9 where so many cells could be too many the first number that is (else null): counted no
-- further than that, before any is read, so a question that is too large is found out before it fills the memory. No row then.
SELECT s.series_id, (p.piece - 1)::int4 AS piece, c.cells, c.packed
FROM (
  SELECT series_id FROM series
  WHERE tenant = $1 AND metric = $2 AND version = $3::int4 AND set_no = $4::int4 AND subject = ANY ($5::text[])
  UNION ALL
  SELECT series_id FROM series
  WHERE tenant = $1 AND metric = $2 AND version = $3::int4 AND set_no = $4::int4 AND $5::text[] IS NULL
) s
CROSS JOIN unnest($6::int2[], $7::int8[], $8::int8[]) WITH ORDINALITY AS p(grain, from_s, to_s, piece)
CROSS JOIN LATERAL (
  SELECT
    count(*)::int4 AS cells,
    string_agg(
      int8send(c.bucket_s) || int2send(c.partition) || int8send(c.term) || int8send(c.commit_no) || int4send(c.revision)
        || int4send(length(c.state)) || c.state,
      ''
    ) AS packed
  FROM cell c
  WHERE c.series_id = s.series_id AND c.grain = p.grain AND c.bucket_s >= p.from_s AND c.bucket_s < p.to_s
) c
WHERE c.cells > 0 AND ($9::int4 IS NULL OR (
  SELECT count(*)
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
) < $9::int4)
