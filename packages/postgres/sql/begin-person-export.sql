-- An export that is asked for, or begun anew: nothing of an earlier attempt is left. No row: the person is erased, or is to be.
-- $1 export, $2 tenant, $3 pseudonym, $4 format.
WITH gone AS (
  DELETE FROM person_export_part WHERE export_id = $1::uuid
)
INSERT INTO person_export (export_id, tenant, subject, format)
SELECT $1::uuid, $2::text, $3::text, $4::text
WHERE NOT EXISTS (SELECT FROM erasure WHERE tenant = $2::text AND subject = $3::text)
ON CONFLICT (export_id) DO UPDATE SET bytes = NULL
RETURNING export_id
