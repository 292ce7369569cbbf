-- Whether a generation is closed. $1 partition, $2 generation.
SELECT 1 FROM dedup_generation WHERE partition = $1::int4 AND generation = $2::int4 AND state = 'closed'
