-- Ids of persons beside their keys, where none is kept yet. Who is erased has no key and gets none; rows that another ingest has in
-- hand are left to it. $1 text[] tenants, $2 text[] pseudonyms, $3 text[] sealed ids.
WITH told AS (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS told (tenant, subject, sealed_id)
), mine AS (
  SELECT k.tenant, k.subject FROM told JOIN person_key k USING (tenant, subject)
  WHERE k.sealed_id IS NULL
  ORDER BY k.tenant, k.subject
  FOR UPDATE OF k SKIP LOCKED
)
UPDATE person_key SET sealed_id = told.sealed_id
FROM mine JOIN told USING (tenant, subject)
WHERE person_key.tenant = mine.tenant AND person_key.subject = mine.subject
