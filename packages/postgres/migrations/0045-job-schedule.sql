-- Jobs by the clock (docs/design/jobs.md): up to which due time a schedule has begun its jobs, and up to which they are completed. The row
-- is the lock under which any number of processes begins one job for each due time.
CREATE TABLE job_schedule (
  tenant text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  -- The last due time that a job was begun for; of a new schedule the last one that was over already.
  due_at timestamptz NOT NULL,
  -- Its job; null: none was begun yet.
  job_id uuid,
  -- The last due time whose job was completed.
  done_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, kind, name)
);

GRANT SELECT, INSERT, UPDATE ON job_schedule TO tidegate_jobs;
