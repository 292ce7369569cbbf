-- An export whose objects are gone. $1 export.
DELETE FROM warehouse_export WHERE export_id = $1::uuid
