-- Records of one tenant, the newest first. $1 tenant, $2 kept at or after and $3 before (null: any), $4 actor, $5 subject,
-- $6 action, $7 resource type (null: any), $8 number before which to go on (null: from the newest), $9 rows at most.
SELECT no::float8 AS no, (extract(epoch FROM kept_at) * 1000)::float8 AS kept_at_ms, record::text AS record, prev_hash, hash, signature
FROM audit_record
WHERE tenant = $1
  AND ($2::timestamptz IS NULL OR kept_at >= $2::timestamptz)
  AND ($3::timestamptz IS NULL OR kept_at < $3::timestamptz)
  AND ($4::text IS NULL OR record ->> 'actor' = $4::text)
  AND ($5::text IS NULL OR record ->> 'subject' = $5::text)
  AND ($6::text IS NULL OR record ->> 'action' = $6::text)
  AND ($7::text IS NULL OR record ->> 'resource_type' = $7::text)
  AND ($8::int8 IS NULL OR no < $8::int8)
ORDER BY no DESC
LIMIT $9::int4
