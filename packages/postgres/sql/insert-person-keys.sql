-- Keys for persons who have none. Of two who make one at once the first is left standing and the other's row is left out; rows go in
-- in key order, so that two never wait for each other. $1 text[] tenants, $2 text[] pseudonyms, $3 bytea[] key ids,
-- $4 bytea[] field key ids, $5 bytea[] wrapped keys.
INSERT INTO person_key (tenant, subject, key_id, field_key_id, wrapped)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[]) AS made (tenant, subject, key_id, field_key_id, wrapped)
-- Who is erased gets none.
WHERE NOT EXISTS (SELECT FROM erasure e WHERE e.tenant = made.tenant AND e.subject = made.subject)
ORDER BY tenant, subject
ON CONFLICT (tenant, subject) DO NOTHING
