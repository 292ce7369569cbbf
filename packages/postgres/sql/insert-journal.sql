-- One block per partition and commit: identities counted first, the cells that changed, and the keys of entities' rows.
-- $1 int4[] partition, $2 int8[] commit number, $3 int8[] term, $4 int4[] generation, $5 timestamptz[] arrival from,
-- $6 timestamptz[] arrival to, $7 int8[] next offset, $8 bytea[] identities, $9 bytea[] cells,
-- $10 bytea[] entities (null: none).
INSERT INTO commit_journal (partition, commit_no, term, generation, arrival_from, arrival_to, next_offset, identities, cells, entities)
SELECT * FROM unnest($1::int4[], $2::int8[], $3::int8[], $4::int4[], $5::timestamptz[], $6::timestamptz[], $7::int8[], $8::bytea[], $9::bytea[], $10::bytea[])
