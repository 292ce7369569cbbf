-- Findings about a person, those that hold and those that did. $1 request, $2 tenant, $3 pseudonym.
WITH gone AS (
  DELETE FROM insight_finding WHERE tenant = $2 AND subject = $3 RETURNING finding_id
)
INSERT INTO erasure_count AS c (request_id, what, removed)
SELECT $1::uuid, 'findings', count(*) FROM gone
ON CONFLICT (request_id, what) DO UPDATE SET removed = c.removed + excluded.removed
