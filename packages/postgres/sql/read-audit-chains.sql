-- Of each tenant: where its chain begins and ends (null: it has none), and the last record that is there (null: none is).
-- $1 text[] tenants.
SELECT t.tenant, c.base_no::float8 AS base_no, c.base_hash, c.last_no::float8 AS last_no, c.last_hash, c.signature,
  r.no::float8 AS record_no, r.hash AS record_hash
FROM unnest($1::text[]) AS t (tenant)
LEFT JOIN audit_chain c USING (tenant)
LEFT JOIN LATERAL (SELECT no, hash FROM audit_record a WHERE a.tenant = t.tenant ORDER BY no DESC LIMIT 1) r ON true
