-- Of the budgets asked about those that are spent, with the values that they admitted: all of them where these are few, else
-- those asked for. Behind admit-values.sql. What is asked and is in no row is admitted.
-- $1 text[] tenant, $2 text[] metric, $3 text[] dimension, $4 date[] event day; $5 uuid[] values asked for, of all of them;
-- $6 most values that are told whole. Returns the place of the budget in the arrays, from 1, and 16 bytes a value.
SELECT k.n::int4, b.admitted <= $6::int4 AS is_whole, v.ids
FROM unnest($1::text[], $2::text[], $3::text[], $4::date[]) WITH ORDINALITY AS k(tenant, metric, dimension, event_day, n)
JOIN dimension_budget b USING (tenant, metric, dimension, event_day)
CROSS JOIN LATERAL (
  SELECT coalesce(string_agg(uuid_send(d.value_id), ''), '') AS ids
  FROM dimension_value d
  WHERE d.tenant = k.tenant AND d.metric = k.metric AND d.dimension = k.dimension AND d.event_day = k.event_day
    AND (b.admitted <= $6::int4 OR d.value_id = ANY($5::uuid[]))
) v
WHERE b.spent_at IS NOT NULL
