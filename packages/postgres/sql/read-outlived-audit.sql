-- Of each tenant with records older than seven years, the youngest of its oldest ones. $1 records of a tenant at most.
SELECT c.tenant, r.no::float8 AS no, r.hash
FROM audit_chain c
CROSS JOIN LATERAL (
  SELECT no, hash
  FROM (SELECT no, hash, kept_at FROM audit_record a WHERE a.tenant = c.tenant ORDER BY no LIMIT $1::int4) oldest
  WHERE kept_at < now() - interval '7 years'
  ORDER BY no DESC
  LIMIT 1
) r
