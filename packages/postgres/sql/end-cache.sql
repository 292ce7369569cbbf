-- Redis holds nothing of the person. $1 request.
UPDATE erasure SET cache_at = coalesce(cache_at, now()) WHERE request_id = $1::uuid
