-- The sealed id of a person with the key that opens it. $1 text tenant, $2 text pseudonym.
SELECT tenant, subject, key_id, field_key_id, wrapped, sealed_id
FROM person_key
WHERE tenant = $1::text AND subject = $2::text AND sealed_id IS NOT NULL
