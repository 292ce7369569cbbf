-- Budgets of dimensions of a tenant since an event day: those that are spent first, then the fullest.
-- $1 tenant, $2 first event day, $3 metric (null: all), $4 whether only those that are spent, $5 most rows.
SELECT metric, dimension, event_day::text AS day, admitted, values_max,
  (extract(epoch FROM spent_at) * 1000)::float8 AS spent_at_ms
FROM dimension_budget
WHERE tenant = $1 AND event_day >= $2::date AND ($3::text IS NULL OR metric = $3) AND (spent_at IS NOT NULL OR NOT $4::boolean)
ORDER BY spent_at IS NULL, admitted::float8 / values_max DESC, event_day DESC, metric, dimension
LIMIT $5::int4
