-- Objects of an export, in their order. $1 export, $2 of one piece; null: of all.
SELECT object_key, piece, rows::float8 AS rows, bytes::float8 AS bytes, sha256
FROM warehouse_file
WHERE export_id = $1::uuid AND ($2::int IS NULL OR piece = $2)
ORDER BY piece, length(object_key), object_key COLLATE "C"
