-- The next blocks of a partition's journal, in order. $1 partition, $2 commit number already read, $3 most blocks.
SELECT partition, commit_no, term, generation, extract(epoch FROM arrival_from)::float8 * 1000 AS arrival_from_ms,
  extract(epoch FROM arrival_to)::float8 * 1000 AS arrival_to_ms, next_offset, identities, cells, entities
FROM commit_journal
WHERE partition = $1::int4 AND commit_no > $2::int8
ORDER BY commit_no
LIMIT $3::int4
