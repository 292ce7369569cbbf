-- It is made, and is kept for a day. $1 export, $2 its bytes.
UPDATE person_export SET bytes = $2::int8, expires_at = now() + interval '24 hours' WHERE export_id = $1::uuid RETURNING export_id
