-- Identities of a partition's journal, in order, without the cells, which may be more. An open generation is at most 48 MB; it
-- is read in pieces. Slices of tasks have none and are left out.
-- $1 partition, $2 commit number already read, $3 first generation wanted, $4 most blocks.
SELECT commit_no, generation, extract(epoch FROM arrival_from)::float8 * 1000 AS arrival_from_ms,
  extract(epoch FROM arrival_to)::float8 * 1000 AS arrival_to_ms, identities
FROM commit_journal
WHERE partition = $1::int4 AND commit_no > $2::int8 AND generation >= $3::int4 AND generation > 0
ORDER BY commit_no
LIMIT $4::int4
