-- Adds to what an erasure has taken away. $1 request, $2 text[] what, $3 int8[] how many.
INSERT INTO erasure_count AS c (request_id, what, removed)
SELECT $1::uuid, what, removed FROM unnest($2::text[], $3::int8[]) AS n (what, removed)
ON CONFLICT (request_id, what) DO UPDATE SET removed = c.removed + excluded.removed
