-- The archive holds no event of the person. $1 request.
UPDATE erasure SET archive_at = coalesce(archive_at, now()) WHERE request_id = $1::uuid
