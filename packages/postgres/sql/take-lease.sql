-- Takes or prolongs the publisher's lease. $1 name, $2 holder, $3 milliseconds. Returns the term, or no row while another
-- holder's lease runs. Only the server's clock is compared, so the clocks of the gateways do not matter.
INSERT INTO publisher_lease AS held (name, holder, term, expires_at)
VALUES ($1, $2, 1, now() + $3::bigint * interval '1 millisecond')
ON CONFLICT (name) DO UPDATE SET
  holder = excluded.holder,
  term = held.term + CASE WHEN held.holder = excluded.holder THEN 0 ELSE 1 END,
  expires_at = excluded.expires_at
WHERE held.holder = excluded.holder OR held.expires_at < now()
RETURNING term::text AS term
