-- Gives the lease up at once, so that another gateway need not wait for it to run out. $1 name, $2 holder.
UPDATE publisher_lease SET expires_at = now() - interval '1 second' WHERE name = $1 AND holder = $2
