-- $1 export, $2 part.
SELECT sealed FROM person_export_part WHERE export_id = $1::uuid AND part = $2::int4
