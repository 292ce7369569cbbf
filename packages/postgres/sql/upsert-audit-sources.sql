-- $1 text[] gateways, $2 int8[] the last record of each.
INSERT INTO audit_source (gateway, seq)
SELECT * FROM unnest($1::text[], $2::int8[])
ON CONFLICT (gateway) DO UPDATE SET seq = excluded.seq
