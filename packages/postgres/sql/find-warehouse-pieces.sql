-- Pieces of whole exports that may hold a person. $1 tenant, $2 the first four hexadecimal digits of the pseudonym, as a number.
SELECT DISTINCT w.export_id, f.piece
FROM warehouse_export w JOIN warehouse_file f USING (export_id)
WHERE w.tenant = $1 AND w.expires_at IS NOT NULL AND get_bit(f.subject_bits, $2::int) = 1
ORDER BY w.export_id, f.piece
