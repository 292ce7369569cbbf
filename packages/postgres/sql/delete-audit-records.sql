-- Records that have been kept for seven years; the database refuses to delete others. $1 tenant, $2 the last of them.
DELETE FROM audit_record WHERE tenant = $1 AND no <= $2::int8
