-- The identities of the open generation. The blocks name no cells and no rows: those are the ancestor's, and announced as its.
-- $1 count before, $2 count after, $3 bytea a list of no cells.
INSERT INTO commit_journal (partition, commit_no, term, generation, arrival_from, arrival_to, next_offset, identities, cells)
SELECT n.partition, a.commit_no, a.term, a.generation, a.arrival_from, a.arrival_to, 0, a.identities, $3::bytea
FROM generate_series($1::int4, $2::int4 - 1) AS n(partition)
JOIN commit_journal a ON a.partition = n.partition % $1::int4
WHERE a.generation > coalesce((SELECT max(generation) FROM dedup_generation g WHERE g.partition = a.partition AND g.state = 'closed'), 0)
