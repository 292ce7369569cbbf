-- The same keys, wrapped anew. A row that was deleted or wrapped by another since it was read is left as it is. $1 text[] tenants,
-- $2 text[] pseudonyms, $3 bytea[] wrapped as read, $4 bytea[] field key ids, $5 bytea[] wrapped keys.
UPDATE person_key
SET field_key_id = fresh.field_key_id, wrapped = fresh.wrapped
FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::bytea[]) AS fresh (tenant, subject, was, field_key_id, wrapped)
WHERE person_key.tenant = fresh.tenant AND person_key.subject = fresh.subject AND person_key.wrapped = fresh.was
RETURNING person_key.subject
