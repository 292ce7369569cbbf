-- Persons of a tenant who are erased, or are to be, and whom the archive may hold still. $1 tenant.
SELECT subject FROM erasure WHERE tenant = $1 AND archive_at IS NULL ORDER BY subject COLLATE "C"
