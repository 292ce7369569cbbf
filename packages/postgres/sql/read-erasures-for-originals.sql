-- Persons whose refused originals are to be searched for: nothing of them is counted any more, and what was refused before every service
-- was told of the erasure has become a row by now.
SELECT request_id, tenant, subject, sealed_subject
FROM erasure
WHERE originals_at IS NULL AND events_at IS NOT NULL AND requested_at < now() - interval '5 seconds'
ORDER BY requested_at
