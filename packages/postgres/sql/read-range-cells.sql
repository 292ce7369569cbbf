-- Cells of one set of one metric version in the pieces of a range, with their series: of each series and piece one row with all of
-- them, packed as core's packed-cells.ts says. A row for each cell costs the driver more than reading it costs here. In no order:
-- merging does not care. Always one row at least, which tells of a replica, whose cells may lie behind what is announced already, and of
-- too many cells, of which none come then.
-- Plain aggregates of a lateral search keep it to one search of the primary key for each series and piece: how many pieces come
-- the planner cannot know, and for what it guesses it would read the whole table.
-- Two readings of series, one of which finds nothing: as one with OR, those of a subject would be looked for among those of all.
-- $1 tenant, $2 metric, $3 version, $4 set, $5 text[] subjects (null: all); of each piece $6 int2[] grain, $7 int8[] first bucket,
-- $8 int8[] bucket after the last; $9 buckets in all of them; $10 most cells.
WITH s AS MATERIALIZED (
  SELECT series_id, subject, dims FROM series
  WHERE tenant = $1 AND metric = $2 AND version = $3::int4 AND set_no = $4::int4 AND subject = ANY ($5::text[])
  UNION ALL
  SELECT series_id, subject, dims FROM series
  WHERE tenant = $1 AND metric = $2 AND version = $3::int4 AND set_no = $4::int4 AND $5::text[] IS NULL
), size AS MATERIALIZED (
  -- No series has more than a cell of each partition in each bucket. Where that could be too many they are counted, no further than to
  -- the first that is, before any is read: so a question that is too large is found out before it fills the memory.
  SELECT CASE
    WHEN (SELECT count(*) FROM s) * (SELECT count(*) FROM partition_progress WHERE lane = 'live') * $9::int8 <= $10::int8 THEN false
    ELSE (
      SELECT count(*)
      FROM (
        SELECT
        FROM s
        CROSS JOIN unnest($6::int2[], $7::int8[], $8::int8[]) AS p(grain, from_s, to_s)
        CROSS JOIN LATERAL (
          SELECT
          FROM cell c
          WHERE c.series_id = s.series_id AND c.grain = p.grain AND c.bucket_s >= p.from_s AND c.bucket_s < p.to_s
          OFFSET 0
        ) c
        LIMIT $10::int8 + 1
      ) found
    ) > $10::int8
  END AS is_cut
)
SELECT pg_is_in_recovery() AS is_replica, size.is_cut, found.*
FROM size
LEFT JOIN LATERAL (
  SELECT s.series_id, s.subject, array_to_json(s.dims)::text AS dims, (p.piece - 1)::int4 AS piece, c.cells, c.packed
  FROM s
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
  WHERE NOT size.is_cut AND c.cells > 0
) found ON true
