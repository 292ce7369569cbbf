-- Some refused events of a tenant that came before an instant, oldest first. One that is being replayed meanwhile is another version of
-- its row and stays for the next turn. $1 tenant, $2 instant, $3 rows at most.
WITH gone AS (
  DELETE FROM rejected_event
  WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM rejected_event WHERE tenant = $1::text AND received_at < $2::timestamptz ORDER BY received_at LIMIT $3::int4
  ))
  RETURNING 1
)
SELECT count(*)::float8 AS rows FROM gone
