-- How long a tenant's live events waited that were counted in a range, by class: whole minutes, and of hours that were added up those
-- that the range touches. $1 tenant, $2 from, $3 to.
SELECT name::int AS class, sum(events)::float8 AS events, max(longest_ms)::float8 AS longest_ms
FROM stream_tally
WHERE tenant = $1 AND minute < $3::timestamptz
  AND (what = 'lag' AND minute >= date_trunc('minute', $2::timestamptz)
    OR what = 'lag_hour' AND minute >= date_trunc('hour', $2::timestamptz, 'UTC'))
GROUP BY name
