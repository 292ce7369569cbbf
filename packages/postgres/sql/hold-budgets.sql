-- Locks the budgets that a flush asks about, in key order, after the progress rows; a budget that is not there yet is made. A
-- statement of its own: what is read behind it sees what was committed while it waited.
-- $1 text[] tenant, $2 text[] metric, $3 text[] dimension, $4 date[] event day, $5 int4[] values that the day admits.
INSERT INTO dimension_budget AS b (tenant, metric, dimension, event_day, values_max)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::int4[]) AS k(tenant, metric, dimension, event_day, values_max)
ORDER BY k.tenant, k.metric, k.dimension, k.event_day
ON CONFLICT (tenant, metric, dimension, event_day) DO UPDATE SET values_max = excluded.values_max
