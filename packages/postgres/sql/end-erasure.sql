-- No raw event of the person is left: what is left is cells and series of the person's own, whatever their age, and rows of entities of
-- packs that were given up. Figures of many that raw events gone before had added to stay: until when is noted.
-- $1 request, $2 tenant, $3 pseudonym.
WITH own AS (
  DELETE FROM series WHERE tenant = $2 AND subject = $3 RETURNING series_id
), cells AS (
  DELETE FROM cell c USING own WHERE c.series_id = own.series_id RETURNING c.bucket_s
), drifts AS (
  DELETE FROM cell_drift WHERE tenant = $2 AND subject = $3 RETURNING subject
), dropped AS (
  SELECT max(d.event_day) AS event_day
  FROM arrival_day d
  WHERE d.tenant = $2 AND to_regclass('raw_event_' || to_char(d.arrival_day, 'YYYYMMDD')) IS NULL
), ended AS (
  UPDATE erasure
  SET events_at = coalesce(events_at, now()), figures_before = ((SELECT event_day FROM dropped) + 1)::timestamp AT TIME ZONE 'UTC'
  WHERE request_id = $1::uuid
  RETURNING request_id
)
INSERT INTO erasure_count AS c (request_id, what, removed)
SELECT request_id, what, removed
FROM ended, (VALUES
  ('series', (SELECT count(*) FROM own)),
  ('cells', (SELECT count(*) FROM cells)),
  ('drift_rows', (SELECT count(*) FROM drifts)),
  ('entity_rows', erase_entity_rows($2, $3))
) AS n (what, removed)
ON CONFLICT (request_id, what) DO UPDATE SET removed = c.removed + excluded.removed
