-- $1 text[] tenants, $2 int8[] numbers, $3 int8[] kept at (epoch ms), $4 text[] records, $5 bytea[] hashes before, $6 bytea[] hashes, $7 bytea[] signatures.
INSERT INTO audit_record (tenant, no, kept_at, record, prev_hash, hash, signature)
SELECT tenant, no, timestamptz 'epoch' + kept_at_ms * interval '1 millisecond', record::json, prev_hash, hash, signature
FROM unnest($1::text[], $2::int8[], $3::int8[], $4::text[], $5::bytea[], $6::bytea[], $7::bytea[])
  AS r (tenant, no, kept_at_ms, record, prev_hash, hash, signature)
