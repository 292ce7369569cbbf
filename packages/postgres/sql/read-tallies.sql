-- A tenant's counts since an instant and in the last hour. $1 tenant, $2 since when, $3 now.
SELECT what, name,
  coalesce(sum(events) FILTER (WHERE minute >= date_trunc('minute', $2::timestamptz)), 0)::float8 AS events,
  coalesce(sum(events) FILTER (WHERE minute >= date_trunc('minute', $3::timestamptz - interval '1 hour')), 0)::float8 AS last_hour,
  (extract(epoch FROM max(last_at)) * 1000)::float8 AS last_at_ms
FROM stream_tally
WHERE tenant = $1 AND what <> 'lag_hour'
GROUP BY what, name
