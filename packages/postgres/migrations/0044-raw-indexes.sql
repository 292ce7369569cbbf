-- More indexes of closed raw days, as the aggregator's RAW_INDEXES asks for them (docs/design/raw-days.md): by time alone, by
-- properties, and of calls that failed in a server.

-- Status of a call, where the event tells one that can be one; null: it does not. Reads as `raw_status(data) >= 500`. What json takes and
-- no text may hold (U+0000, halves of characters) fails `->>` wherever it stands: no index of a day may fail for one event.
CREATE FUNCTION raw_status(data json) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN data::text !~ '\\u0000|\\u[dD][89a-fA-F]' THEN
  CASE WHEN data ->> 'status_code' ~ '^[1-9][0-9]{2}$' THEN (data ->> 'status_code')::integer END
END;

-- What an event tells, for containment: `raw_properties(data) @> '{"page": "/"}'`. Null where jsonb could refuse what json took: the
-- same, and numbers of more digits than it has.
CREATE FUNCTION raw_properties(data json) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN data::text !~ '\\u0000|\\u[dD][89a-fA-F]|[:,[]\s*-?[0-9.]+[eE][+-]?[0-9]{4}' THEN data::jsonb END;

-- Makes one index of a closed day, in a transaction of its own: what is cut off leaves none, valid or not. Says what became of it: made,
-- there, absent (no closed day), in_use (a task of an owner may have to change the day, or somebody changes it now; half a second is
-- waited for that).
CREATE FUNCTION index_raw_day(indexing date, kind text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '500ms' AS $$
DECLARE
  child text := 'raw_event_' || to_char(indexing, 'YYYYMMDD');
  place text := format('%I.%I', current_schema(), child);
  keyed text := CASE kind
    WHEN 'time' THEN '(tenant, occurred_at)'
    WHEN 'errors' THEN '(tenant, occurred_at) WHERE raw_status(data) >= 500'
    WHEN 'properties' THEN 'USING gin (raw_properties(data) jsonb_path_ops)'
  END;
BEGIN
  IF keyed IS NULL THEN
    RAISE EXCEPTION 'no kind of index';
  END IF;
  PERFORM FROM raw_day WHERE day = indexing AND state = 'closed' FOR UPDATE;
  IF NOT FOUND OR to_regclass(place) IS NULL THEN
    RETURN 'absent';
  END IF;
  IF to_regclass(format('%I.%I', current_schema(), child || '_' || kind)) IS NOT NULL THEN
    RETURN 'there';
  END IF;
  IF EXISTS (SELECT FROM partition_task WHERE state = 'open' AND partition_task.kind <> 'seal') THEN
    RETURN 'in_use';
  END IF;
  EXECUTE format('CREATE INDEX %I ON %s %s', child || '_' || kind, place, keyed);
  -- How often a status is one of a failure is known by this alone.
  IF kind = 'errors' THEN
    EXECUTE format('ANALYZE %s', place);
  END IF;
  RETURN 'made';
EXCEPTION
  WHEN lock_not_available THEN
    RETURN 'in_use';
END
$$;

-- As in 0013.
DO $$
DECLARE
  here text := current_schema();
BEGIN
  ALTER FUNCTION index_raw_day(date, text) OWNER TO tidegate_ddl;
  EXECUTE format('ALTER FUNCTION index_raw_day(date, text) SET search_path = %I, pg_temp', here);
  REVOKE ALL ON FUNCTION index_raw_day(date, text) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION index_raw_day(date, text) TO tidegate_aggregator;
END
$$;
