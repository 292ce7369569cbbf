-- $1 export, $2 part, $3 its bytes, sealed. Fails where the export is there no more.
INSERT INTO person_export_part (export_id, part, sealed) VALUES ($1::uuid, $2::int4, $3::bytea)
