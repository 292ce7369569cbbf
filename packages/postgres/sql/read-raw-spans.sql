-- Between which offsets of each of its logs the rows of a partition lie that came on one day, the live lane's first. $1 partition, $2 arrival day since 1970-01-01.
SELECT is_backfill, log_generation, min(log_offset) AS from_offset, max(log_offset) AS last_offset
FROM raw_event
WHERE received_at >= (date '1970-01-01' + $2::int4)::timestamp AT TIME ZONE 'UTC'
  AND received_at < (date '1970-01-02' + $2::int4)::timestamp AT TIME ZONE 'UTC'
  AND partition = $1::int4
GROUP BY is_backfill, log_generation
ORDER BY is_backfill, log_generation
