-- Blocks of a generation whose closing broke off, before it is closed anew.
-- $1 partition, $2 generation.
DELETE FROM dedup_block WHERE partition = $1::int4 AND generation = $2::int4
