-- Findings of one person or of nobody in particular ($2 the empty text): those that hold first, by rank, then the closed ones, newest first.
-- $1 tenant, $2 pseudonym, $3 pack, $4 insight, $5 whether closed ones too, $6 rows at most.
SELECT finding_id AS id, finding, is_superseded,
  (extract(epoch FROM created_at) * 1000)::float8 AS created_at_ms,
  (extract(epoch FROM seen_at) * 1000)::float8 AS seen_at_ms,
  (extract(epoch FROM closed_at) * 1000)::float8 AS closed_at_ms
FROM insight_finding
WHERE tenant = $1 AND subject = $2 AND pack = $3 AND insight = $4 AND ($5::boolean OR closed_at IS NULL)
ORDER BY (closed_at IS NOT NULL), CASE WHEN closed_at IS NULL THEN rank END, created_at DESC, finding_id
LIMIT $6::int4
