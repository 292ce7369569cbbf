-- Exports that nobody may have any more: their time is over; whoever looked after them died over it; or their job has ended without them
-- (a minute ago: an attempt that was only paused has noticed by then).
SELECT w.export_id, w.tenant
FROM warehouse_export w LEFT JOIN job j ON j.job_id = w.export_id
WHERE CASE
  WHEN w.busy_until IS NOT NULL THEN w.busy_until <= now()
  WHEN w.expires_at IS NOT NULL THEN w.expires_at <= now()
  WHEN j.job_id IS NULL THEN w.begun_at < now() - interval '1 hour'
  ELSE j.state IN ('failed', 'cancelled') AND j.finished_at < now() - interval '1 minute'
END
ORDER BY w.begun_at
LIMIT 20
