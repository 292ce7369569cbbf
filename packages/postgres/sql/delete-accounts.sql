-- Accounts of a person, with their sessions: these go first, and their tokens with them. $1 request, $2 tenant, $3 the id.
WITH users AS (
  SELECT user_id FROM user_account WHERE tenant = $2 AND subject = $3
), sessions AS (
  DELETE FROM user_session s USING users u WHERE s.user_id = u.user_id
), gone AS (
  DELETE FROM user_account a USING users u WHERE a.user_id = u.user_id RETURNING a.user_id
)
INSERT INTO erasure_count AS c (request_id, what, removed)
SELECT $1::uuid, 'accounts', count(*) FROM gone
ON CONFLICT (request_id, what) DO UPDATE SET removed = c.removed + excluded.removed
