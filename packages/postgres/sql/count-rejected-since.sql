-- Rejected records of a tenant that arrived since an instant, replayed ones too. $1 tenant, $2 since when.
SELECT count(*)::float8 AS rejected FROM rejected_event WHERE tenant = $1 AND received_at >= $2::timestamptz
