-- The last record that is kept of each gateway that has any. $1 text[] gateways.
SELECT gateway, seq::float8 AS seq FROM audit_source WHERE gateway = ANY ($1::text[])
