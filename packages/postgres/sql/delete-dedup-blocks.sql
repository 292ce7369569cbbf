-- Blocks of generations that the dedup window has left behind. $1 partition, $2 last generation.
DELETE FROM dedup_block WHERE partition = $1::int4 AND generation <= $2::int4
