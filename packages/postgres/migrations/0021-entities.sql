-- Rows of entities (docs/design/entities.md): their tables are made when a pack is applied, by tidegate_ddl, as raw days are.

-- Keys of the rows that a commit changed, so that a new owner announces them again; null: none.
ALTER TABLE commit_journal ADD COLUMN entities bytea;

-- Makes the table of an entity, or adds the columns and indexes that it lacks; nothing is ever dropped or retyped. A table is
-- shared by all tenants that have such a pack, so what it may hold is bounded. `columns` are names of fields with their types
-- behind a dot; an index is a list of columns, each followed by a comma. Answers what it did: ok, too_many_columns,
-- too_many_indexes.
CREATE FUNCTION ensure_entity_table(pack text, entity text, columns text[], indexes text[]) RETURNS text
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
  EXECUTE format('GRANT SELECT ON %s TO tidegate_query', place);
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
DECLARE
  here text := current_schema();
BEGIN
  ALTER FUNCTION ensure_entity_table(text, text, text[], text[]) OWNER TO tidegate_ddl;
  EXECUTE format('ALTER FUNCTION ensure_entity_table(text, text, text[], text[]) SET search_path = %I, pg_temp', here);
  REVOKE ALL ON FUNCTION ensure_entity_table(text, text, text[], text[]) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION ensure_entity_table(text, text, text[], text[]) TO tidegate_gateway;
END
$$;
