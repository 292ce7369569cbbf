-- What is made of tables while the system runs is made by a role of its own, tidegate_ddl: it owns raw_event, its days and the
-- functions that make them, may create tables in this schema, and has no other right. No service and no login is a member of it.
-- A service may run such a function and nothing more, so the role that writes data can neither make, alter nor drop a table; and
-- a function no longer runs with all the rights of whoever migrated.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidegate_ddl') THEN
    CREATE ROLE tidegate_ddl NOLOGIN;
    GRANT tidegate_ddl TO CURRENT_USER;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another migrator of the same server was faster
END
$$;

-- As in 0001, but that a name is looked for in this schema alone: a caller's temporary table of a day's name would hide the day.
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
END
$$;

DO $$
DECLARE
  here text := current_schema();
  child regclass;
BEGIN
  EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO tidegate_ddl', here);
  ALTER TABLE raw_event OWNER TO tidegate_ddl;
  FOR child IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'raw_event'::regclass LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO tidegate_ddl', child);
  END LOOP;
  ALTER FUNCTION ensure_raw_day(date) OWNER TO tidegate_ddl;
  -- Where temporary tables stand last, they hide no other.
  EXECUTE format('ALTER FUNCTION ensure_raw_day(date) SET search_path = %I, pg_temp', here);
END
$$;
