-- The dedup generations of a partition, oldest first. $1 partition.
SELECT partition, generation, state, extract(epoch FROM arrival_from)::float8 * 1000 AS arrival_from_ms,
  extract(epoch FROM arrival_to)::float8 * 1000 AS arrival_to_ms, identities, filter
FROM dedup_generation
WHERE partition = $1::int4
ORDER BY generation
