-- Refused events of a tenant that have no row because its quota of the day was spent, by day and reason, newest day first.
-- $1 tenant, $2 days from here on (null: 30 days), $3 code (null: any).
SELECT to_char(day, 'YYYY-MM-DD') AS day, code, sum(events)::float8 AS events, sum(bytes)::float8 AS bytes,
  (extract(epoch FROM min(first_at)) * 1000)::float8 AS first_at_ms, (extract(epoch FROM max(last_at)) * 1000)::float8 AS last_at_ms
FROM rejected_beyond
WHERE tenant = $1::text
  AND day >= (coalesce($2::timestamptz, now() - interval '30 days') AT TIME ZONE 'UTC')::date
  AND ($3::text IS NULL OR code = $3::text)
GROUP BY rejected_beyond.day, code
ORDER BY rejected_beyond.day DESC, code
