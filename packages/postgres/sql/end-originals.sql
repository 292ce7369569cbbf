-- The search is done, and the id goes that it was made by. $1 request.
UPDATE erasure SET originals_at = coalesce(originals_at, now()), sealed_subject = NULL WHERE request_id = $1::uuid
