-- The block of a closed generation in which each identity would lie: the last one that begins at or before it.
-- $1 partition, $2 generation, $3 bytea[] identities. Returns each block once.
SELECT DISTINCT b.block_no, b.identities
FROM unnest($3::bytea[]) AS wanted(identity)
CROSS JOIN LATERAL (
  SELECT d.block_no, d.identities
  FROM dedup_block d
  WHERE d.partition = $1::int4 AND d.generation = $2::int4 AND d.first_identity <= wanted.identity
  ORDER BY d.first_identity DESC
  LIMIT 1
) b
