-- The finer cells that a slice of a seal merges, in the order of their buckets and not more than it may read: of each series one row
-- with all of them, packed as core's packed-cells.ts says. Inside the transaction of the slice, after its fence: a bucket that is
-- found empty here is sealed by this transaction.
-- $1 partition, $2 finer grain, $3 first second, $4 end of what is due, $5 most cells.
SELECT s.series_id, s.tenant, s.metric, s.version, s.set_no, s.subject, array_to_json(s.dims) AS dims, c.packed
FROM (
  SELECT
    series_id,
    string_agg(
      int8send(bucket_s) || int2send(partition) || int8send(term) || int8send(commit_no) || int4send(revision)
        || int4send(length(state)) || state,
      '' ORDER BY bucket_s
    ) AS packed
  FROM (
    SELECT c.series_id, c.bucket_s, c.partition, c.term, c.commit_no, c.revision, c.state
    FROM cell c
    WHERE c.partition = $1::int2 AND c.grain = $2::int2 AND c.grain <= 3 AND c.bucket_s >= $3::int8 AND c.bucket_s < $4::int8
    ORDER BY c.bucket_s, c.series_id
    LIMIT $5::int4
  ) c
  GROUP BY series_id
) c
JOIN series s USING (series_id)
