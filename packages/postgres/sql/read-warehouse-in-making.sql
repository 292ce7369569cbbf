-- Whether an export of the tenant is being made: it may have read a person before that person was erased. $1 tenant.
SELECT w.export_id
FROM warehouse_export w JOIN job j ON j.job_id = w.export_id
WHERE w.tenant = $1 AND w.expires_at IS NULL AND j.state IN ('queued', 'processing')
LIMIT 1
