-- The sorted identities of these generations. $1 count before, $2 count after.
INSERT INTO dedup_block (partition, generation, block_no, first_identity, identities)
SELECT n.partition, a.generation, a.block_no, a.first_identity, a.identities
FROM generate_series($1::int4, $2::int4 - 1) AS n(partition)
JOIN dedup_block a ON a.partition = n.partition % $1::int4
