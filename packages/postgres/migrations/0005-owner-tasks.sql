-- What owners do between flushes, and what of their coarse cells is sealed (docs/design/owner-tasks.md).

-- Of the live row: every bucket of the grain that begins before this second is sealed (null: none); and of the bucket under
-- way the cells of the series up to an id are made. Every flush decides by these columns, so they are here and nowhere else.
ALTER TABLE partition_progress
  ADD COLUMN sealed_quarter_hour bigint,
  ADD COLUMN sealed_hour bigint,
  ADD COLUMN sealed_day bigint,
  ADD COLUMN sealing_grain smallint,
  ADD COLUMN sealing_after uuid;

CREATE TABLE partition_task (
  partition integer NOT NULL,
  task_no bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL,
  spec jsonb NOT NULL,
  cursor jsonb,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'failed')),
  made_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (partition, task_no)
);
-- A partition seals one bucket at a time.
CREATE UNIQUE INDEX partition_task_seal ON partition_task (partition) WHERE kind = 'seal';
CREATE INDEX partition_task_open ON partition_task (partition, task_no) WHERE state = 'open';

-- The finer cells of a bucket in the order of their series: what a slice of a seal reads. Days are made of hours, so nothing
-- is made of days.
CREATE INDEX cell_source ON cell (partition, grain, bucket_s, series_id) WHERE grain <= 3;

GRANT SELECT, INSERT, UPDATE, DELETE ON partition_task TO tidegate_aggregator;
GRANT SELECT ON partition_task TO tidegate_query, tidegate_gateway;
