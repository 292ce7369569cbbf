-- From here on the round is what another manifest says; nothing changes where it is not the one that was read. $1 day, $2 round, $3 manifest key,
-- $4 new key, $5 its SHA-256, $6 rows, $7 bytes. Returns the round, or no row.
UPDATE raw_archive
SET manifest_key = $4::text, manifest_sha256 = $5::bytea, rows = $6::int8, bytes = $7::int8
WHERE day = $1::date AND round = $2::int4 AND manifest_key = $3::text
RETURNING round
