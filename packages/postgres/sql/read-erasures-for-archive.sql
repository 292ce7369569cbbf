-- Persons of whom the archive may hold events still: none come into it any more.
SELECT request_id, tenant, subject FROM erasure WHERE archive_at IS NULL AND events_at IS NOT NULL ORDER BY requested_at
