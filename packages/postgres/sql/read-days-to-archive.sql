-- Closed days that are in no archive, oldest first, but for those that were restored to be looked at for a while.
-- $1 days at or before it are wanted; with $2 whether those too that are held.
SELECT to_char(d.day, 'YYYY-MM-DD') AS day
FROM raw_day d
WHERE d.state = 'closed' AND d.archived_at IS NULL AND d.day <= $1::date
  AND ($2::boolean OR NOT EXISTS (SELECT FROM raw_archive a WHERE a.day = d.day AND a.restored_until > now()))
ORDER BY d.day
