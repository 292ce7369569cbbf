-- Rejected records, keyed by their position: reading a log again finds its rows there.
-- $1 text[] tenant, $2 text[] topic, $3 int4[] log generation, $4 int4[] partition, $5 int8[] offset, $6 text[] code,
-- $7 text[] path, $8 text[] lane, $9 int8[] length, $10 bytea[] sha256, $11 bytea[] sealed, $12 timestamptz[] received at, $13 text[] format,
-- $14 bytea[] keyed hash of tenant and event id (null: none).
INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, sealed, received_at, format, event_id_hash)
SELECT * FROM unnest($1::text[], $2::text[], $3::int4[], $4::int4[], $5::int8[], $6::text[], $7::text[], $8::text[], $9::int8[], $10::bytea[], $11::bytea[], $12::timestamptz[], $13::text[], $14::bytea[])
ON CONFLICT DO NOTHING
