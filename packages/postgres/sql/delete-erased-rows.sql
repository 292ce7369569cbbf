-- Raw events of persons who are erased, of a day that was restored. $1 day.
DELETE FROM raw_event r
USING erasure e
WHERE r.received_at >= $1::date::timestamp AT TIME ZONE 'UTC' AND r.received_at < ($1::date + 1)::timestamp AT TIME ZONE 'UTC'
  AND r.tenant = e.tenant AND r.subject = e.subject AND e.begun_at IS NOT NULL
