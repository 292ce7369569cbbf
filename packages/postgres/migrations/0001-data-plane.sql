-- The data plane: what the owners of partitions write in one transaction, and what queries read.
-- Control-plane tables follow in 0002. Roles are shared by all databases of a server, so they may exist already.

DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['tidegate_gateway', 'tidegate_ingest', 'tidegate_aggregator', 'tidegate_query'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- another migrator of the same server was faster
    END;
  END LOOP;
END
$$;

-- One row per lane and partition: who owns it, and how far its log is counted. The live row carries the term and the
-- commit number of both lanes; every commit moves it.
CREATE TABLE partition_progress (
  lane text NOT NULL CHECK (lane IN ('live', 'rejected')),
  partition integer NOT NULL,
  owner bytea NOT NULL,
  term bigint NOT NULL,
  commit_no bigint NOT NULL,
  next_offset bigint NOT NULL,
  log_generation integer NOT NULL,
  topic_id text NOT NULL,
  last_record_sha256 bytea,
  complete_through timestamptz,
  PRIMARY KEY (lane, partition)
) WITH (fillfactor = 50);

-- Accepted records that were gone from the log before they were counted. Never emptied by a program.
CREATE TABLE log_gap (
  lane text NOT NULL,
  partition integer NOT NULL,
  log_generation integer NOT NULL,
  from_offset bigint NOT NULL,
  to_offset bigint NOT NULL,
  found_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (lane, partition, log_generation, from_offset)
);

-- First copies of events, in the order of their arrival. `data` is json, not jsonb: the sender's own digits stay.
CREATE TABLE raw_event (
  tenant text NOT NULL,
  event_id text NOT NULL,
  source text NOT NULL,
  type text NOT NULL,
  subject text,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  partition integer NOT NULL,
  log_offset bigint NOT NULL,
  log_generation integer NOT NULL,
  pack_version integer NOT NULL,
  data json NOT NULL
) PARTITION BY RANGE (received_at);

-- Rows lie in log order, so a block range is all the index an open day needs.
CREATE INDEX raw_event_position ON raw_event USING brin (partition, log_offset);

-- Which event days each arrival day holds: what a recount of an event day has to read.
CREATE TABLE arrival_day (
  arrival_day date NOT NULL,
  event_day date NOT NULL,
  tenant text NOT NULL,
  PRIMARY KEY (tenant, event_day, arrival_day)
);

CREATE TABLE series (
  series_id uuid PRIMARY KEY,
  tenant text NOT NULL,
  metric text NOT NULL,
  version integer NOT NULL,
  set_no integer NOT NULL,
  subject text NOT NULL DEFAULT '',
  dims text[] NOT NULL
);

CREATE INDEX series_metric ON series (tenant, metric, version, set_no);

-- The partition is part of the key and only its owner writes it: instances never meet on a row.
CREATE TABLE cell (
  series_id uuid NOT NULL,
  grain smallint NOT NULL,
  bucket_s bigint NOT NULL,
  partition smallint NOT NULL,
  state bytea NOT NULL,
  term bigint NOT NULL,
  commit_no bigint NOT NULL,
  revision integer NOT NULL,
  PRIMARY KEY (series_id, grain, bucket_s, partition)
) WITH (fillfactor = 70);

-- One row per commit: the identities it counted first and the cells it changed. Identities are hashes: nothing to compress.
CREATE TABLE commit_journal (
  partition integer NOT NULL,
  commit_no bigint NOT NULL,
  term bigint NOT NULL,
  generation integer NOT NULL,
  arrival_from timestamptz NOT NULL,
  arrival_to timestamptz NOT NULL,
  next_offset bigint NOT NULL,
  identities bytea NOT NULL,
  cells bytea NOT NULL,
  PRIMARY KEY (partition, commit_no)
);
ALTER TABLE commit_journal ALTER COLUMN identities SET STORAGE EXTERNAL, ALTER COLUMN cells SET STORAGE EXTERNAL;

CREATE TABLE dedup_generation (
  partition integer NOT NULL,
  generation integer NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'closed')),
  arrival_from timestamptz NOT NULL,
  arrival_to timestamptz NOT NULL,
  identities bigint NOT NULL,
  filter bytea,
  PRIMARY KEY (partition, generation)
);
ALTER TABLE dedup_generation ALTER COLUMN filter SET STORAGE EXTERNAL;

CREATE TABLE dedup_block (
  partition integer NOT NULL,
  generation integer NOT NULL,
  block_no integer NOT NULL,
  first_identity bytea NOT NULL,
  identities bytea NOT NULL,
  PRIMARY KEY (partition, generation, block_no)
);
ALTER TABLE dedup_block ALTER COLUMN identities SET STORAGE EXTERNAL;
CREATE INDEX dedup_block_first ON dedup_block (partition, generation, first_identity);

-- A record that could not be counted, keyed by its position: one row however often its log is read.
CREATE TABLE rejected_event (
  tenant text NOT NULL,
  topic text NOT NULL,
  log_generation integer NOT NULL,
  partition integer NOT NULL,
  log_offset bigint NOT NULL,
  code text NOT NULL,
  path text NOT NULL,
  lane text NOT NULL CHECK (lane IN ('ingest', 'events')),
  length bigint NOT NULL,
  sha256 bytea NOT NULL,
  sealed bytea,
  received_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 1,
  state text NOT NULL DEFAULT 'open',
  PRIMARY KEY (topic, log_generation, partition, log_offset)
);
CREATE INDEX rejected_event_tenant ON rejected_event (tenant, received_at);

-- Creates the partition of raw_event for one arrival day. The owner of the table runs it, so that the aggregator needs no
-- right to create tables. The new table is made apart and then attached, which does not wait for readers of raw_event.
CREATE FUNCTION ensure_raw_day(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  child text := 'raw_event_' || to_char(day, 'YYYYMMDD');
BEGIN
  IF to_regclass(child) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(7425133, 1);
  IF to_regclass(child) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE raw_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child);
  EXECUTE format(
    'ALTER TABLE raw_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    child,
    day::timestamp AT TIME ZONE 'UTC',
    (day + 1)::timestamp AT TIME ZONE 'UTC'
  );
END
$$;
REVOKE ALL ON FUNCTION ensure_raw_day(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_raw_day(date) TO tidegate_aggregator;

GRANT SELECT, INSERT, UPDATE ON partition_progress, cell, rejected_event TO tidegate_aggregator;
GRANT SELECT, INSERT ON raw_event, arrival_day, series, log_gap TO tidegate_aggregator;
GRANT SELECT, INSERT, DELETE ON commit_journal, dedup_block TO tidegate_aggregator;
GRANT SELECT, INSERT, UPDATE, DELETE ON dedup_generation TO tidegate_aggregator;
GRANT SELECT ON partition_progress, log_gap, raw_event, arrival_day, series, cell, rejected_event TO tidegate_query;
GRANT SELECT ON partition_progress, log_gap TO tidegate_gateway;
