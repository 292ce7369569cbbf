-- Persons of whom Redis may hold something still: what it is made of is gone.
SELECT request_id, tenant, subject FROM erasure WHERE cache_at IS NULL AND events_at IS NOT NULL ORDER BY requested_at
