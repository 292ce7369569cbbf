-- $1 export.
UPDATE warehouse_export SET busy_until = NULL WHERE export_id = $1::uuid
