-- Deletes the cells below a floor of the next series of a metric version. Rows that a flush holds are left for the next time:
-- this never waits for one, and so never holds one up. $1 tenant, $2 metric, $3 version, $4 grain, $5 floor in seconds,
-- $6 series done, $7 series at most. Returns the last series (null: there was none), how many there were, and cells deleted.
WITH page AS (
  SELECT series_id
  FROM series
  WHERE tenant = $1 AND metric = $2 AND version = $3::int4 AND series_id > $6::uuid
  ORDER BY series_id
  LIMIT $7::int4
), doomed AS (
  SELECT c.ctid
  FROM page
  CROSS JOIN LATERAL (
    SELECT c.ctid
    FROM cell c
    WHERE c.series_id = page.series_id AND c.grain = $4::int2 AND c.bucket_s < $5::int8
    FOR UPDATE SKIP LOCKED
  ) c
), gone AS (
  DELETE FROM cell USING doomed WHERE cell.ctid = doomed.ctid RETURNING 1
)
SELECT (SELECT series_id FROM page ORDER BY series_id DESC LIMIT 1) AS last_series,
  (SELECT count(*)::float8 FROM page) AS series,
  (SELECT count(*)::float8 FROM gone) AS cells
