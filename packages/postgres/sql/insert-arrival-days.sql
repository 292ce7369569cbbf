-- Which event days an arrival day holds. In key order, because several owners write the same rows.
-- $1 date[] arrival day, $2 date[] event day, $3 text[] tenant.
INSERT INTO arrival_day (arrival_day, event_day, tenant)
SELECT a, e, t FROM unnest($1::date[], $2::date[], $3::text[]) AS n(a, e, t)
ORDER BY t, e, a
ON CONFLICT DO NOTHING
