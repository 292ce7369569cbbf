-- Persons who are erased (docs/design/erasure.md). A row is the tombstone too, and is never deleted: events of the pseudonym are
-- refused by it for ever, also when the log is read again from its start.
CREATE TABLE erasure (
  request_id uuid PRIMARY KEY,
  tenant text NOT NULL,
  -- The pseudonym: the tenant can make it again from the id, and nobody can make the id from it.
  subject text NOT NULL,
  -- Whose owner holds the person's events.
  partition integer NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  requested_by text NOT NULL,
  -- The id as it was given, under the tenant's key: what refused originals are searched for. Null once that is done.
  sealed_subject bytea,
  -- From here on no event of the person is counted, and the person's key is gone.
  begun_at timestamptz,
  -- When each place was done: raw events with everything that is made of them, refused originals, Redis, the archive.
  events_at timestamptz,
  originals_at timestamptz,
  cache_at timestamptz,
  archive_at timestamptz,
  -- Raw events that occurred before it were gone already: what they had added to figures of many stays there. Null: none were.
  figures_before timestamptz,
  UNIQUE (tenant, subject)
);
CREATE INDEX erasure_events ON erasure (partition) WHERE events_at IS NULL;
CREATE INDEX erasure_open ON erasure (requested_at) WHERE originals_at IS NULL OR cache_at IS NULL OR archive_at IS NULL;

-- What was taken away, counted in the transaction that took it.
CREATE TABLE erasure_count (
  request_id uuid NOT NULL REFERENCES erasure,
  what text NOT NULL,
  removed bigint NOT NULL,
  PRIMARY KEY (request_id, what)
);

-- Deletes the person's rows of every entity there is, also of packs that were given up. It runs with the rights of its caller.
CREATE FUNCTION erase_entity_rows(of_tenant text, of_subject text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  place text;
  gone bigint;
  total bigint := 0;
BEGIN
  FOR place IN
    SELECT format('%I.%I', current_schema(), c.relname) FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'entity.%'
  LOOP
    EXECUTE format('DELETE FROM %s WHERE _tenant = $1 AND _subject = $2', place) USING of_tenant, of_subject;
    GET DIAGNOSTICS gone = ROW_COUNT;
    total := total + gone;
  END LOOP;
  RETURN total;
END
$$;
REVOKE ALL ON FUNCTION erase_entity_rows(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_entity_rows(text, text) TO tidegate_aggregator;

-- The owner of the partition erases; it also writes rows anew that the control topic knows and a restored backup does not.
GRANT SELECT, INSERT, UPDATE ON erasure TO tidegate_aggregator;
GRANT SELECT, INSERT, UPDATE ON erasure_count TO tidegate_aggregator;
GRANT DELETE ON raw_event, series TO tidegate_aggregator;
GRANT SELECT (tenant, subject), DELETE ON cell_drift TO tidegate_aggregator;
GRANT SELECT (tenant, subject), DELETE ON person_key TO tidegate_aggregator;
-- Ingest takes requests, shows them, and searches refused originals.
GRANT SELECT, INSERT ON erasure, erasure_count TO tidegate_ingest;
GRANT UPDATE (sealed_subject, originals_at) ON erasure TO tidegate_ingest;
GRANT UPDATE ON erasure_count TO tidegate_ingest;
GRANT UPDATE (sealed) ON rejected_event TO tidegate_ingest;
GRANT SELECT ON raw_archive TO tidegate_ingest;
GRANT SELECT, INSERT ON control_record TO tidegate_ingest;
-- Whoever signs in as the person is deleted with it.
GRANT SELECT (user_id, tenant, subject), DELETE ON user_account TO tidegate_ingest;
GRANT SELECT (user_id), DELETE ON user_session TO tidegate_ingest;
-- The query service deletes what lies in Redis.
GRANT SELECT, UPDATE (cache_at) ON erasure TO tidegate_query;
GRANT SELECT, INSERT, UPDATE ON erasure_count TO tidegate_query;
