-- Records of one chain in their order. $1 tenant, $2 first number, $3 rows at most.
SELECT no::float8 AS no, (extract(epoch FROM kept_at) * 1000)::float8 AS kept_at_ms, record::text AS record, prev_hash, hash, signature
FROM audit_record
WHERE tenant = $1 AND no >= $2::int8
ORDER BY no
LIMIT $3::int4
