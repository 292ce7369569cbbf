-- How far audit.v1 is kept.
SELECT topic_id, next_offset::float8 AS next_offset, records::float8 AS records, signature FROM audit_position
