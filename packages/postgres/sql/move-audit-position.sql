-- $1 topic id, $2 next offset, $3 records of all chains, $4 signature.
UPDATE audit_position SET topic_id = $1, next_offset = $2, records = $3, signature = $4
