-- Findings that hold no longer, or are found otherwise. $1 tenant, $2 pseudonym, $3 pack, $4 insight, $5 uuid[] ids, $6 boolean[] whether
-- another one of the same takes its place, $7 instant.
UPDATE insight_finding f SET closed_at = $7::timestamptz, is_superseded = c.is_superseded
FROM unnest($5::uuid[], $6::boolean[]) AS c(id, is_superseded)
WHERE f.tenant = $1 AND f.subject = $2 AND f.pack = $3 AND f.insight = $4 AND f.finding_id = c.id AND f.closed_at IS NULL
