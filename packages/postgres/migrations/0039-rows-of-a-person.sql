-- Rows of persons (docs/design/row-policies.md): what is read for one person is read as tidegate_person, for whom each table that holds
-- rows of persons has no row but that person's. Whose that is the transaction says: tidegate.tenant and tidegate.subject; where it says
-- nothing there is none. For every other role the policies are `true`, which the planner drops.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidegate_person') THEN
    CREATE ROLE tidegate_person NOLOGIN;
    -- Whoever may act as tidegate_query may act as this one instead, and has none of its rights (nor its policies) before.
    GRANT tidegate_person TO tidegate_query WITH INHERIT FALSE, SET TRUE;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another migrator of the same server was faster
END
$$;

-- Holds a table to the person: `condition` is of its rows. One that is held already stays as it is.
CREATE FUNCTION hold_to_person(place regclass, condition text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_policy WHERE polrelid = place AND polname = 'of_person') THEN
    RETURN;
  END IF;
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', place);
  EXECUTE format('CREATE POLICY of_everybody ON %s USING (true) WITH CHECK (true)', place);
  EXECUTE format('CREATE POLICY of_person ON %s AS RESTRICTIVE TO tidegate_person USING (%s) WITH CHECK (%s)', place, condition, condition);
END
$$;
REVOKE ALL ON FUNCTION hold_to_person(regclass, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hold_to_person(regclass, text) TO tidegate_ddl;

-- (SELECT …): looked up once a statement, not once a row.
DO $$
DECLARE
  here text := current_schema();
  of_tenant text := '= (SELECT current_setting(''tidegate.tenant'', true))';
  of_subject text := '= (SELECT current_setting(''tidegate.subject'', true))';
  own text := format('tenant %s AND subject %s', of_tenant, of_subject);
  entity regclass;
BEGIN
  -- In the order in which a flush takes them.
  PERFORM hold_to_person('series', own);
  -- What stands in a policy is read under the policies of that table: of a person's series.
  PERFORM hold_to_person('cell', 'EXISTS (SELECT FROM series s WHERE s.series_id = cell.series_id)');
  PERFORM hold_to_person('cell_drift', own);
  PERFORM hold_to_person('insight_finding', own);
  PERFORM hold_to_person('erasure', own);
  PERFORM hold_to_person('person_key', own);
  PERFORM hold_to_person('person_export', own);
  PERFORM hold_to_person('person_export_part', 'EXISTS (SELECT FROM person_export e WHERE e.export_id = person_export_part.export_id)');
  PERFORM hold_to_person('audit_record', format('tenant %s AND (record ->> ''subject'') %s', of_tenant, of_subject));
  FOR entity IN
    SELECT c.oid FROM pg_class c WHERE c.relnamespace = here::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'entity.%'
  LOOP
    PERFORM hold_to_person(entity, format('_tenant %s AND _subject %s', of_tenant, of_subject));
    EXECUTE format('GRANT SELECT ON %s TO tidegate_person', entity);
  END LOOP;

  -- COPY refuses a table with policies, and raw_event is written by COPY: this role reads a view of that name instead, which stands
  -- in a schema that it alone looks into first, and has no right on the table.
  EXECUTE format('CREATE SCHEMA %I', here || '_of_person');
  EXECUTE format(
    'CREATE VIEW %I.raw_event WITH (security_barrier) AS SELECT * FROM %I.raw_event WHERE tenant %s AND subject %s',
    here || '_of_person', here, of_tenant, of_subject);
  EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO tidegate_ddl', here || '_of_person');
  EXECUTE format('ALTER VIEW %I.raw_event OWNER TO tidegate_ddl', here || '_of_person');
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO tidegate_person', here || '_of_person');
  EXECUTE format('GRANT SELECT ON %I.raw_event TO tidegate_person', here || '_of_person');
END
$$;

-- What routes read for a person of what is nobody's: how far things are counted, kept and dropped.
GRANT SELECT ON partition_progress, partition_task, log_gap, ended_log, arrival_day, raw_day, raw_pruned, raw_archive, cell_floor,
  dimension_budget, dimension_value, restated_bucket, stream_tally, rejected_event, rejected_beyond, job TO tidegate_person;
GRANT SELECT ON series, cell, cell_drift, erasure, person_key, audit_record TO tidegate_person;
GRANT SELECT, INSERT, UPDATE, DELETE ON insight_finding, person_export TO tidegate_person;
GRANT SELECT, INSERT, DELETE ON person_export_part TO tidegate_person;

-- As in 0021; and a person's rows are held to the person from the table's first moment on.
CREATE OR REPLACE FUNCTION ensure_entity_table(pack text, entity text, columns text[], indexes text[]) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  here text := current_schema();
  name text := 'entity.' || pack || '.' || entity;
  place text := format('%I.%I', here, name);
  types jsonb := '{"text": "text COLLATE \"C\"", "numeric": "numeric", "double": "float8", "boolean": "boolean", "instant": "timestamptz", "date": "date", "json": "json"}';
  known text[];
  missing text[];
  col text;
  asked text;
  parts text;
  index_name text;
BEGIN
  IF pack !~ '^[a-z][a-z0-9_]*$' OR entity !~ '^[a-z][a-z0-9_]*$' OR length(name) > 63 THEN
    RAISE EXCEPTION 'no name of an entity';
  END IF;
  FOREACH col IN ARRAY columns LOOP
    IF col !~ '^[a-z][a-z0-9_]*\.[a-z]+$' OR length(col) > 63 OR NOT types ? split_part(col, '.', 2) THEN
      RAISE EXCEPTION 'no name of a column';
    END IF;
  END LOOP;
  -- One at a time: two tenants may apply packs of one name.
  PERFORM pg_advisory_xact_lock(7425133, 2);
  -- Whoever waits for a table longer than this holds up all that come after; the pack is applied again then.
  PERFORM set_config('lock_timeout', '3s', true);
  EXECUTE format(
    'CREATE TABLE IF NOT EXISTS %s (
      _tenant text COLLATE "C" NOT NULL,
      _subject text COLLATE "C" NOT NULL,
      _id text COLLATE "C" NOT NULL,
      _created_at timestamptz,
      _updated_at timestamptz,
      _exists boolean NOT NULL,
      _partition integer NOT NULL,
      _state bytea NOT NULL,
      PRIMARY KEY (_tenant, _subject, _id)
    ) WITH (fillfactor = 80)', place);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO tidegate_aggregator', place);
  EXECUTE format('GRANT SELECT ON %s TO tidegate_query, tidegate_person', place);
  PERFORM hold_to_person(
    place::regclass,
    '_tenant = (SELECT current_setting(''tidegate.tenant'', true)) AND _subject = (SELECT current_setting(''tidegate.subject'', true))');
  SELECT array_agg(attname::text) INTO known FROM pg_attribute WHERE attrelid = place::regclass AND attnum > 0 AND NOT attisdropped;
  SELECT array_agg(DISTINCT wanted) INTO missing FROM unnest(columns) AS wanted WHERE wanted <> ALL (known);
  IF cardinality(known) + coalesce(cardinality(missing), 0) > 400 THEN
    RETURN 'too_many_columns';
  END IF;
  FOREACH col IN ARRAY coalesce(missing, '{}') LOOP
    EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', place, col, types ->> split_part(col, '.', 2));
  END LOOP;
  FOREACH asked IN ARRAY indexes LOOP
    SELECT string_agg(format('%I', part), ', ' ORDER BY n) INTO parts
    FROM unnest(string_to_array(rtrim(asked, ','), ',')) WITH ORDINALITY AS listed (part, n);
    index_name := 'entity_' || substr(md5(name || ' ' || asked), 1, 24);
    IF to_regclass(format('%I.%I', here, index_name)) IS NULL THEN
      IF (SELECT count(*) FROM pg_index WHERE indrelid = place::regclass) >= 33 THEN
        RETURN 'too_many_indexes';
      END IF;
      EXECUTE format('CREATE INDEX %I ON %s (_tenant, %s) WHERE _exists', index_name, place, parts);
    END IF;
  END LOOP;
  RETURN 'ok';
END
$$;

DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION ensure_entity_table(text, text, text[], text[]) SET search_path = %I, pg_temp', current_schema());
END
$$;
