-- The backfill lane follows backfill.v1. Its partition p belongs to the owner of the live partition p: one dedup window, one
-- transaction, one term and one commit number (those of the live row), and a progress row of its own for offsets.
ALTER TABLE partition_progress
  DROP CONSTRAINT partition_progress_lane_check,
  ADD CONSTRAINT partition_progress_lane_check CHECK (lane IN ('live', 'backfill', 'rejected'));

-- Records of backfill.v1 that could not be counted.
ALTER TABLE rejected_event
  DROP CONSTRAINT rejected_event_lane_check,
  ADD CONSTRAINT rejected_event_lane_check CHECK (lane IN ('ingest', 'events', 'backfill'));

-- Of which log (partition, log_offset) speaks. The COPY of live rows does not name the column: nothing changes for them.
ALTER TABLE raw_event ADD COLUMN is_backfill boolean NOT NULL DEFAULT false;

-- As in 0013, but that both lanes have to have passed the day: rows of the backfill lane come later, into the day of their arrival.
CREATE OR REPLACE FUNCTION close_raw_day(closing date) RETURNS boolean
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
  PERFORM FROM partition_progress WHERE lane <> 'rejected' AND (complete_through IS NULL OR complete_through < passed_at);
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
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION close_raw_day(date) SET search_path = %I, pg_temp', current_schema());
END
$$;
