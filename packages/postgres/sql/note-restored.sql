-- The rows of a day's rounds are in raw_event again; the day is archived no more, and stays. $1 day, $2 days to keep it.
WITH held AS (
  UPDATE raw_archive SET restored_until = now() + make_interval(days => $2::int4) WHERE day = $1::date
)
UPDATE raw_day SET archived_at = NULL WHERE day = $1::date
