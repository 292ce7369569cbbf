-- Rows of a day, whose row is locked. $1 day.
SELECT d.state, (
  SELECT count(*)::float8 FROM raw_event
  WHERE received_at >= $1::date::timestamp AT TIME ZONE 'UTC' AND received_at < ($1::date + 1)::timestamp AT TIME ZONE 'UTC'
) AS rows
FROM raw_day d
WHERE d.day = $1::date
FOR UPDATE OF d
