-- New findings; one that another reader made at the same time stays as it is, and none is kept about who is to be erased.
-- $1 tenant, $2 pseudonym, $3 pack, $4 insight, $5 uuid[] ids, $6 text[] rules, $7 text[] abouts, $8 int4[] ranks, $9 jsonb[] findings,
-- $10 instant. Returns those that were made.
INSERT INTO insight_finding (tenant, subject, pack, insight, finding_id, rule, about, rank, finding, created_at, seen_at)
SELECT $1, $2, $3, $4, n.id, n.rule, n.about, n.rank, n.finding, $10::timestamptz, $10::timestamptz
FROM unnest($5::uuid[], $6::text[], $7::text[], $8::int4[], $9::jsonb[]) AS n(id, rule, about, rank, finding)
WHERE NOT EXISTS (SELECT FROM erasure e WHERE e.tenant = $1 AND e.subject = $2)
ON CONFLICT (tenant, subject, pack, insight, rule, about) WHERE closed_at IS NULL DO NOTHING
RETURNING finding_id AS id
