-- The day is archived: from here on it may be dropped. Only where it is closed, not archived, and has as many rows now as the
-- archive: an erasure may have taken some away meanwhile. $1 day, $2 round, $3 rows, $4 files, $5 bytes, $6 manifest key,
-- $7 its SHA-256. Returns the round, or no row.
WITH closed AS (
  SELECT d.day FROM raw_day d WHERE d.day = $1::date AND d.state = 'closed' AND d.archived_at IS NULL FOR UPDATE
), same AS (
  SELECT closed.day
  FROM closed
  WHERE $3::int8 = (
    SELECT count(*) FROM raw_event
    WHERE received_at >= $1::date::timestamp AT TIME ZONE 'UTC' AND received_at < ($1::date + 1)::timestamp AT TIME ZONE 'UTC'
  )
), noted AS (
  INSERT INTO raw_archive (day, round, rows, files, bytes, manifest_key, manifest_sha256)
  SELECT day, $2::int4, $3::int8, $4::int4, $5::int8, $6::text, $7::bytea FROM same
  RETURNING day, round
), marked AS (
  UPDATE raw_day d SET archived_at = now() FROM noted WHERE d.day = noted.day
)
SELECT round FROM noted
