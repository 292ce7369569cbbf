-- A page of the keys that another field key wraps, in the order of the primary key. $1 bytea the current field key's id,
-- $2 and $3 tenant and pseudonym of the last row of the page before ('' for the first), $4 rows at most.
SELECT tenant, subject, key_id, field_key_id, wrapped
FROM person_key
WHERE (tenant, subject) > ($2::text, $3::text) AND field_key_id <> $1::bytea
ORDER BY tenant, subject
LIMIT $4::int4
