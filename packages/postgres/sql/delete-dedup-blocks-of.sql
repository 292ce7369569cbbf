-- Blocks of one generation, before it is closed again by an owner whose predecessor died between closing and telling.
-- $1 partition, $2 generation.
DELETE FROM dedup_block WHERE partition = $1::int4 AND generation = $2::int4
