-- Takes an export for ten minutes, or for ten more. No row: another process has it, or it is gone. $1 export, $2 whether it is held already.
UPDATE warehouse_export SET busy_until = now() + interval '10 minutes'
WHERE export_id = $1::uuid AND ($2::boolean OR busy_until IS NULL)
RETURNING export_id
