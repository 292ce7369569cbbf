-- What nobody may see any more goes.
DELETE FROM job WHERE expires_at <= now()
