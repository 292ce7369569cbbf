-- $1 text[] tenants, $2 int8[] and $3 bytea[] the place before the first record, $4 int8[] and $5 bytea[] that of the last, $6 bytea[] signatures.
INSERT INTO audit_chain (tenant, base_no, base_hash, last_no, last_hash, signature)
SELECT * FROM unnest($1::text[], $2::int8[], $3::bytea[], $4::int8[], $5::bytea[], $6::bytea[])
ON CONFLICT (tenant) DO UPDATE SET
  base_no = excluded.base_no,
  base_hash = excluded.base_hash,
  last_no = excluded.last_no,
  last_hash = excluded.last_hash,
  signature = excluded.signature
