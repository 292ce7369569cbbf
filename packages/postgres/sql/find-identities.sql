-- Those of the identities that a closed generation holds. Each would lie in the last block that begins at or before it, at a
-- multiple of 12 bytes: one search of an index, and nothing but what was found travels.
-- $1 partition, $2 generation, $3 bytea[] identities.
SELECT wanted.identity
FROM unnest($3::bytea[]) AS wanted(identity)
CROSS JOIN LATERAL (
  SELECT d.identities
  FROM dedup_block d
  WHERE d.partition = $1::int4 AND d.generation = $2::int4 AND d.first_identity <= wanted.identity
  ORDER BY d.first_identity DESC
  LIMIT 1
) b
WHERE position(wanted.identity IN b.identities) % 12 = 1
