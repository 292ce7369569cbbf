-- Admits values, in the order asked, while there is room; a budget that refuses one is spent. Behind hold-budgets.sql, which
-- holds the rows of the budgets: nobody else admits meanwhile.
-- $1 text[] tenant, $2 text[] metric, $3 text[] dimension, $4 date[] event day, $5 uuid[] value; each once.
WITH asked AS (
  SELECT *
  FROM unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::uuid[]) WITH ORDINALITY
    AS a(tenant, metric, dimension, event_day, value_id, n)
), fresh AS (
  SELECT a.*, row_number() OVER (PARTITION BY a.tenant, a.metric, a.dimension, a.event_day ORDER BY a.n) AS place
  FROM asked a
  LEFT JOIN dimension_value v USING (tenant, metric, dimension, event_day, value_id)
  WHERE v.value_id IS NULL
), judged AS (
  SELECT f.*, b.spent_at IS NULL AND b.admitted + f.place <= b.values_max AS has_room
  FROM fresh f
  JOIN dimension_budget b USING (tenant, metric, dimension, event_day)
), admitted AS (
  INSERT INTO dimension_value (tenant, metric, dimension, event_day, value_id)
  SELECT tenant, metric, dimension, event_day, value_id FROM judged WHERE has_room
), counted AS (
  SELECT tenant, metric, dimension, event_day, count(*) FILTER (WHERE has_room) AS added, bool_and(has_room) AS had_room
  FROM judged
  GROUP BY tenant, metric, dimension, event_day
)
UPDATE dimension_budget b
SET admitted = b.admitted + c.added, spent_at = coalesce(b.spent_at, CASE WHEN c.had_room THEN NULL ELSE now() END)
FROM counted c
WHERE b.tenant = c.tenant AND b.metric = c.metric AND b.dimension = c.dimension AND b.event_day = c.event_day
