-- The sorted identities of a closed generation. $1 partition, $2 generation, $3 int4[] block number, $4 bytea[] first identity,
-- $5 bytea[] identities.
INSERT INTO dedup_block (partition, generation, block_no, first_identity, identities)
SELECT $1::int4, $2::int4, * FROM unnest($3::int4[], $4::bytea[], $5::bytea[])
