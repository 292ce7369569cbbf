-- An export is whole. $1 export, $2 complete-through by table, $3 how many days it is kept.
UPDATE warehouse_export SET complete = $2, expires_at = now() + make_interval(days => $3::int)
WHERE export_id = $1::uuid
RETURNING (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at_ms
