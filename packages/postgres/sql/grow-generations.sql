-- Closed generations of the window with their filters: both partitions hold what the ancestor held, for nothing in an identity says to
-- which of the two a copy would go. $1 count before, $2 count after.
INSERT INTO dedup_generation (partition, generation, state, arrival_from, arrival_to, identities, filter)
SELECT n.partition, a.generation, a.state, a.arrival_from, a.arrival_to, a.identities, a.filter
FROM generate_series($1::int4, $2::int4 - 1) AS n(partition)
JOIN dedup_generation a ON a.partition = n.partition % $1::int4
