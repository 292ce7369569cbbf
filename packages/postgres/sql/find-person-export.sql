-- $1 tenant, $2 export.
SELECT export_id, subject, format, bytes::float8 AS bytes, (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at_ms
FROM person_export
WHERE tenant = $1 AND export_id = $2::uuid AND expires_at > now()
