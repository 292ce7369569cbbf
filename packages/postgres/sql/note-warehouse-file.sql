-- It is written. $1 export, $2 key, $3 rows, $4 bytes, $5 SHA-256, $6 whom it may hold.
UPDATE warehouse_file SET rows = $3, bytes = $4, sha256 = $5, subject_bits = $6
WHERE export_id = $1::uuid AND object_key = $2
