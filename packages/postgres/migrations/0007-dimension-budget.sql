-- How many different values of a dimension get series of their own, a tenant, metric and event day
-- (docs/design/dimension-budget.md).

-- `admitted` counts the rows of dimension_value; whoever admits holds this row. Once a value was refused the budget is spent
-- for good: nothing of the day is admitted any more, so that a recount folds as the counting did. `values_max` is the budget
-- that was in force when a value was asked about last.
CREATE TABLE dimension_budget (
  tenant text NOT NULL,
  metric text NOT NULL,
  dimension text NOT NULL,
  event_day date NOT NULL,
  admitted integer NOT NULL DEFAULT 0,
  values_max integer NOT NULL,
  spent_at timestamptz,
  PRIMARY KEY (tenant, metric, dimension, event_day)
) WITH (fillfactor = 70);

-- What a day admitted, by the hash of the value: a value may be longer than an index takes, and need not be kept twice.
CREATE TABLE dimension_value (
  tenant text NOT NULL,
  metric text NOT NULL,
  dimension text NOT NULL,
  event_day date NOT NULL,
  value_id uuid NOT NULL,
  PRIMARY KEY (tenant, metric, dimension, event_day, value_id)
);

GRANT SELECT, INSERT, UPDATE ON dimension_budget TO tidegate_aggregator;
GRANT SELECT, INSERT ON dimension_value TO tidegate_aggregator;
GRANT SELECT ON dimension_budget, dimension_value TO tidegate_query;
