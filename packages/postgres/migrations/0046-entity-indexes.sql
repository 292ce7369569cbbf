-- Indexes that a pack adds to an entity whose table is large (docs/adr/0050-indexes-of-entities.md): they are noted, and made beside writes
-- by whoever migrates; the pack is in force meanwhile. A row goes when its index is whole.
CREATE TABLE entity_index (
  index_name text PRIMARY KEY,
  table_name text NOT NULL,
  -- Behind the tenant, quoted.
  columns text NOT NULL,
  wanted_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON entity_index TO tidegate_ddl;

-- As in 0039, but for large tables; and whoever waits for a table waits for less than a second.
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
  made text;
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
  PERFORM set_config('lock_timeout', '900ms', true);
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
    made := 'entity_' || substr(md5(name || ' ' || asked), 1, 24);
    IF to_regclass(format('%I.%I', here, made)) IS NULL AND NOT EXISTS (SELECT FROM entity_index e WHERE e.index_name = made) THEN
      IF (SELECT count(*) FROM pg_index WHERE indrelid = place::regclass)
        + (SELECT count(*) FROM entity_index e WHERE e.table_name = name AND to_regclass(format('%I.%I', here, e.index_name)) IS NULL) >= 33 THEN
        RETURN 'too_many_indexes';
      END IF;
      -- So much is indexed in 26 ms; writes to a larger table would wait for longer.
      IF pg_relation_size(place::regclass) > 8388608 THEN
        INSERT INTO entity_index (index_name, table_name, columns) VALUES (made, name, parts);
      ELSE
        EXECUTE format('CREATE INDEX %I ON %s (_tenant, %s) WHERE _exists', made, place, parts);
      END IF;
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
