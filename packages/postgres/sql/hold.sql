-- Locks the live row of a partition for its owner; no row where the token no longer holds it.
-- $1 partition, $2 owner token.
SELECT 1 FROM partition_progress WHERE lane = 'live' AND partition = $1::int4 AND owner = $2::bytea FOR UPDATE
