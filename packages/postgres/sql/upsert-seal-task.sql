-- The seal that is under way. Its cursor is in the progress row, by which flushes decide. $1 partition, $2 what is to be sealed.
INSERT INTO partition_task (partition, kind, spec)
VALUES ($1::int4, 'seal', $2::jsonb)
ON CONFLICT (partition) WHERE kind = 'seal' DO UPDATE SET spec = excluded.spec, changed_at = now()
