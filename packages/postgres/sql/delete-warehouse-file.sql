-- An object that is there no more. $1 export, $2 key.
DELETE FROM warehouse_file WHERE export_id = $1::uuid AND object_key = $2
