-- Background jobs (docs/design/jobs.md). The row is what callers see and what every attempt is fenced by. Which worker takes a
-- job next, and when a dead worker's job is given to another, is the matter of pg-boss in the schema `pgboss`, which the
-- migrator installs after these files.

-- A role of its own: whoever works on the queue through it can touch nothing else.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidegate_jobs') THEN
    CREATE ROLE tidegate_jobs NOLOGIN;
    GRANT tidegate_jobs TO CURRENT_USER;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another migrator of the same server was faster
END
$$;

CREATE TABLE job (
  job_id uuid PRIMARY KEY,
  tenant text NOT NULL,
  -- Id of the key that submitted it.
  owner text NOT NULL,
  kind text NOT NULL,
  -- json, not jsonb: the sender's own digits stay.
  params json NOT NULL,
  params_sha256 bytea NOT NULL CHECK (length(params_sha256) = 32),
  state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),
  attempts integer NOT NULL DEFAULT 0,
  -- Of the attempt under way: what carries another one changes nothing any more.
  claim uuid,
  progress jsonb NOT NULL DEFAULT '{}',
  -- Where the next attempt goes on.
  cursor jsonb,
  result json,
  error_code text,
  submitted_at timestamptz NOT NULL DEFAULT date_trunc('milliseconds', now()),
  started_at timestamptz,
  finished_at timestamptz,
  expires_at timestamptz,
  CONSTRAINT job_finished CHECK ((state IN ('queued', 'processing')) = (finished_at IS NULL)),
  CONSTRAINT job_expires CHECK ((finished_at IS NULL) = (expires_at IS NULL)),
  CONSTRAINT job_failed CHECK ((state = 'failed') = (error_code IS NOT NULL))
);
-- Equal jobs of a tenant run once (single flight): whoever asks for a second one is given the first.
CREATE UNIQUE INDEX job_single_flight ON job (tenant, kind, params_sha256) WHERE state IN ('queued', 'processing');
CREATE INDEX job_tenant ON job (tenant, submitted_at, job_id);
CREATE INDEX job_expired ON job (expires_at) WHERE expires_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON job TO tidegate_jobs;
-- The query service shows jobs and cancels them.
GRANT SELECT ON job TO tidegate_query;
GRANT UPDATE (state, finished_at, expires_at) ON job TO tidegate_query;

-- A replay by a job: which job refused the row last, so that an attempt that is taken up again does not refuse it twice.
ALTER TABLE rejected_event ADD COLUMN refused_by uuid;
GRANT UPDATE (refused_by) ON rejected_event TO tidegate_ingest;
-- What a bulk replay reads: the open rows of a tenant, oldest first.
CREATE INDEX rejected_event_open ON rejected_event (tenant, received_at, topic, log_generation, partition, log_offset) WHERE state = 'open';
