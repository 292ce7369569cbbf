-- Tasks of an owner have names: one for each metric version that a partition makes from raw events
-- (docs/design/metric-versions.md).
ALTER TABLE partition_task ADD COLUMN name text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX partition_task_name ON partition_task (partition, kind, name);
