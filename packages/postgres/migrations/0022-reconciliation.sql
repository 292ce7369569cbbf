-- Cells that were not what a recount of the raw events gave (docs/design/reconciliation.md), and recounts that were asked for.
CREATE TABLE cell_drift (
  drift_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  metric text NOT NULL,
  version integer NOT NULL,
  partition integer NOT NULL,
  grain smallint NOT NULL,
  bucket_s bigint NOT NULL,
  series_id uuid NOT NULL,
  subject text NOT NULL,
  -- Values by the names of dimensions.
  dims jsonb NOT NULL,
  kind text NOT NULL CHECK (kind IN ('differs', 'missing', 'stray', 'unreadable')),
  -- Values by the names of measures; null: there should be no cell, or there was none that could be read.
  expected jsonb,
  found jsonb,
  found_at timestamptz NOT NULL DEFAULT now(),
  -- Null: another commit changed the cell before the repair; a later round finds it again.
  repaired_at timestamptz
);
CREATE INDEX cell_drift_tenant ON cell_drift (tenant, drift_no);

CREATE TABLE recount_request (
  request_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  -- Null: all metrics of the tenant.
  metric text,
  asked_by text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recount_request_tenant ON recount_request (tenant, metric, request_no);

CREATE INDEX partition_task_recount ON partition_task ((spec ->> 'tenant')) WHERE kind = 'recount';

GRANT SELECT, INSERT ON cell_drift TO tidegate_aggregator;
GRANT SELECT ON recount_request TO tidegate_aggregator;
GRANT SELECT ON cell_drift TO tidegate_query;
GRANT SELECT, INSERT ON recount_request TO tidegate_query;
