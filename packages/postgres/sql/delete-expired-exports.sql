-- Exports whose day is over, with their parts.
DELETE FROM person_export WHERE expires_at <= now()
