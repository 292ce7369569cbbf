-- The dedup generations of a partition, oldest first, with the filters of the newest: as many as have so many bytes together.
-- The length of a filter is known without reading it, so what is not returned costs nothing.
-- $1 partition, $2 most bytes of filters.
SELECT partition, generation, state, extract(epoch FROM arrival_from)::float8 * 1000 AS arrival_from_ms,
  extract(epoch FROM arrival_to)::float8 * 1000 AS arrival_to_ms, identities,
  CASE WHEN sum(octet_length(filter)) OVER (ORDER BY generation DESC) <= $2::int8 THEN filter END AS filter
FROM dedup_generation
WHERE partition = $1::int4
ORDER BY generation
