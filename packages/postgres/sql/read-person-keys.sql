-- The keys of persons, of those who have one. $1 text[] tenants, $2 text[] pseudonyms.
SELECT tenant, subject, key_id, field_key_id, wrapped
FROM unnest($1::text[], $2::text[]) AS asked (tenant, subject)
JOIN person_key USING (tenant, subject)
