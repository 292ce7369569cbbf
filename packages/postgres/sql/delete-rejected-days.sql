-- What the days before an instant kept and counted of refused events. $1 tenant, $2 instant.
WITH kept AS (
  DELETE FROM rejected_day WHERE tenant = $1::text AND day < ($2::timestamptz AT TIME ZONE 'UTC')::date
)
DELETE FROM rejected_beyond WHERE tenant = $1::text AND day < ($2::timestamptz AT TIME ZONE 'UTC')::date
