-- Findings that were found again. $1 tenant, $2 pseudonym, $3 pack, $4 insight, $5 uuid[] ids, $6 instant.
UPDATE insight_finding SET seen_at = $6::timestamptz
WHERE tenant = $1 AND subject = $2 AND pack = $3 AND insight = $4 AND finding_id = ANY ($5::uuid[]) AND seen_at < $6::timestamptz
