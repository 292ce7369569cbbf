-- Raw days and what is dropped when its time is over (docs/design/raw-days.md).

-- One row per arrival day that raw_event ever had a partition for: open → closed → dropped. A day that is dropped may come
-- again (a log that was made anew may hold records of any arrival): then it is open once more.
CREATE TABLE raw_day (
  day date PRIMARY KEY,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'dropped')),
  rows bigint,
  closed_at timestamptz,
  archived_at timestamptz,
  dropped_at timestamptz,
  CHECK ((state = 'open') = (closed_at IS NULL))
);
INSERT INTO raw_day (day)
SELECT to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD') FROM pg_inherits WHERE inhparent = 'raw_event'::regclass;

-- What of a closed day is deleted before the day itself is dropped: the rows of packs that keep less. Here from the first row
-- that is deleted on; done once all are.
CREATE TABLE raw_pruned (
  day date NOT NULL REFERENCES raw_day (day),
  tenant text NOT NULL,
  type text NOT NULL,
  done boolean NOT NULL DEFAULT false,
  PRIMARY KEY (day, tenant, type)
);

-- Cells of a metric version and grain that begin before `floor_s` are not read any more; those before `cleared_s` are deleted.
-- Readers look here each half minute, so nothing is deleted sooner than five minutes after its floor was set.
CREATE TABLE cell_floor (
  tenant text NOT NULL,
  metric text NOT NULL,
  version integer NOT NULL,
  grain smallint NOT NULL,
  floor_s bigint NOT NULL,
  cleared_s bigint,
  set_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, metric, version, grain)
);

-- All series of a metric version in the order of their ids: how its cells are dropped, some series at a time.
CREATE INDEX series_walk ON series (tenant, metric, version, series_id);

-- As in 0010; and the day is noted. Its owner stays, and where it looks for names.
CREATE OR REPLACE FUNCTION ensure_raw_day(day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  child text := 'raw_event_' || to_char(day, 'YYYYMMDD');
  place text := format('%I.%I', current_schema(), child);
BEGIN
  IF to_regclass(place) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(7425133, 1);
  IF to_regclass(place) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %s (LIKE raw_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', place);
  EXECUTE format(
    'ALTER TABLE raw_event ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
    place,
    day::timestamp AT TIME ZONE 'UTC',
    (day + 1)::timestamp AT TIME ZONE 'UTC'
  );
  DELETE FROM raw_pruned p WHERE p.day = ensure_raw_day.day;
  INSERT INTO raw_day AS r (day) VALUES (ensure_raw_day.day)
  ON CONFLICT ON CONSTRAINT raw_day_pkey
  DO UPDATE SET state = 'open', rows = NULL, closed_at = NULL, archived_at = NULL, dropped_at = NULL;
END
$$;

-- Closes a day that every partition has passed by ten minutes, and gives it its indexes: an open day is written too fast for
-- any. Until it commits no one can write into the day, and no one has to. False: not yet, or not open.
CREATE FUNCTION close_raw_day(closing date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  child text := 'raw_event_' || to_char(closing, 'YYYYMMDD');
  place text := format('%I.%I', current_schema(), child);
  passed_at timestamptz := (closing + 1)::timestamp AT TIME ZONE 'UTC' + interval '10 minutes';
  counted bigint;
BEGIN
  PERFORM FROM raw_day WHERE day = closing AND state = 'open' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM FROM partition_progress WHERE lane = 'live' AND (complete_through IS NULL OR complete_through < passed_at);
  IF FOUND OR NOT EXISTS (SELECT FROM partition_progress WHERE lane = 'live') THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s (tenant, event_id)', child || '_id', place);
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s (tenant, type, occurred_at)', child || '_type', place);
  EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s (tenant, subject, occurred_at) WHERE subject IS NOT NULL', child || '_subject', place);
  EXECUTE format('ANALYZE %s', place);
  EXECUTE format('SELECT count(*) FROM %s', place) INTO counted;
  UPDATE raw_day SET state = 'closed', rows = counted, closed_at = now() WHERE day = closing;
  RETURN true;
END
$$;

-- Drops a closed day. Says what became of it: dropped, or why not (absent, open, not_archived, in_use: a task of an owner is
-- under way that may have to read it). Waits half a second at most for the lock that a flush holds for milliseconds.
CREATE FUNCTION drop_raw_day(dropping date, archived_only boolean) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '500ms' AS $$
DECLARE
  child text := 'raw_event_' || to_char(dropping, 'YYYYMMDD');
  place text := format('%I.%I', current_schema(), child);
  known raw_day;
BEGIN
  PERFORM pg_advisory_xact_lock(7425133, 1);
  SELECT * INTO known FROM raw_day WHERE day = dropping FOR UPDATE;
  IF known.day IS NULL OR known.state = 'dropped' THEN
    RETURN 'absent';
  END IF;
  IF known.state = 'open' THEN
    RETURN 'open';
  END IF;
  IF archived_only AND known.archived_at IS NULL THEN
    RETURN 'not_archived';
  END IF;
  IF EXISTS (SELECT FROM partition_task WHERE state = 'open' AND kind <> 'seal') THEN
    RETURN 'in_use';
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS %s', place);
  DELETE FROM raw_pruned WHERE day = dropping;
  UPDATE raw_day SET state = 'dropped', dropped_at = now() WHERE day = dropping;
  RETURN 'dropped';
END
$$;

-- Deletes some rows of a closed day, of event types whose pack keeps less than the day is kept. Returns how many; null: the day
-- is not closed, not archived where it has to be, or may have to be read by a task of an owner that is under way.
CREATE FUNCTION prune_raw_day(pruning date, of_tenant text, of_type text, rows_max integer, archived_only boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  child text := 'raw_event_' || to_char(pruning, 'YYYYMMDD');
  place text := format('%I.%I', current_schema(), child);
  deleted bigint;
BEGIN
  PERFORM FROM raw_day WHERE day = pruning AND state = 'closed' AND (NOT archived_only OR archived_at IS NOT NULL) FOR UPDATE;
  IF NOT FOUND OR EXISTS (SELECT FROM partition_task WHERE state = 'open' AND kind <> 'seal') THEN
    RETURN NULL;
  END IF;
  INSERT INTO raw_pruned (day, tenant, type) VALUES (pruning, of_tenant, of_type) ON CONFLICT DO NOTHING;
  EXECUTE format('DELETE FROM %1$s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE tenant = $1 AND type = $2 LIMIT $3))', place)
  USING of_tenant, of_type, rows_max;
  GET DIAGNOSTICS deleted = ROW_COUNT;
  IF deleted < rows_max THEN
    UPDATE raw_pruned SET done = true WHERE day = pruning AND tenant = of_tenant AND type = of_type;
  END IF;
  RETURN deleted;
END
$$;

-- They belong to the role that makes days, which may look at what they decide by and at nothing else.
DO $$
DECLARE
  here text := current_schema();
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['close_raw_day(date)', 'drop_raw_day(date, boolean)', 'prune_raw_day(date, text, text, integer, boolean)'] LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO tidegate_ddl', name);
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', name, here);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO tidegate_aggregator', name);
  END LOOP;
  EXECUTE format('ALTER FUNCTION ensure_raw_day(date) SET search_path = %I, pg_temp', here);
END
$$;
ALTER TABLE raw_day OWNER TO tidegate_ddl;
ALTER TABLE raw_pruned OWNER TO tidegate_ddl;
GRANT SELECT ON partition_progress, partition_task TO tidegate_ddl;
GRANT SELECT ON raw_day, raw_pruned TO tidegate_aggregator, tidegate_query;
GRANT SELECT, INSERT, UPDATE ON cell_floor TO tidegate_aggregator;
GRANT SELECT ON cell_floor TO tidegate_query;
-- Cells below a floor are nobody's: they are deleted outside of their owner's commits.
GRANT DELETE ON cell TO tidegate_aggregator;
GRANT SELECT, INSERT, UPDATE ON publisher_lease TO tidegate_aggregator;
