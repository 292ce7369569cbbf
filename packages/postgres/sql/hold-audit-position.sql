-- The same, and whoever else keeps waits until this transaction is over.
SELECT topic_id, next_offset::float8 AS next_offset, records::float8 AS records, signature FROM audit_position FOR UPDATE
