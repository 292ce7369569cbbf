-- An object that is about to be written. $1 export, $2 key, $3 piece.
INSERT INTO warehouse_file (export_id, object_key, piece) VALUES ($1::uuid, $2, $3)
ON CONFLICT (export_id, object_key) DO UPDATE SET rows = NULL, bytes = NULL, sha256 = NULL, subject_bits = NULL
