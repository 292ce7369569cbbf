-- Exports of a person who is erased, counted. $1 request, $2 tenant, $3 pseudonym.
WITH gone AS (
  DELETE FROM person_export WHERE tenant = $2 AND subject = $3 RETURNING export_id
)
INSERT INTO erasure_count AS c (request_id, what, removed)
SELECT $1::uuid, 'exports', count(*) FROM gone
ON CONFLICT (request_id, what) DO UPDATE SET removed = c.removed + excluded.removed
