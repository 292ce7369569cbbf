-- An export is asked for; one that is there stays as it is. Nothing where the person is erased, or is to be.
-- $1 export, $2 tenant, $3 pseudonym, $4 format.
INSERT INTO person_export (export_id, tenant, subject, format)
SELECT $1::uuid, $2::text, $3::text, $4::text
WHERE NOT EXISTS (SELECT FROM erasure WHERE tenant = $2::text AND subject = $3::text)
ON CONFLICT (export_id) DO NOTHING
