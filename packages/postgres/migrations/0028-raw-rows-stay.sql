-- Raw rows go with their day, or with the person whom they are about (docs/design/erasure.md). The aggregator's role may delete from
-- raw_event, for it takes erased persons out of it; what it deletes is held against the tombstones, once a statement. Days are dropped
-- and pruned by functions that name the day's own table, on which no service has any right. INSERT and COPY pass no trigger.
-- A row policy would say the same, and refuse COPY.
CREATE FUNCTION keep_raw_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (SELECT DISTINCT tenant, subject FROM gone) g
    WHERE NOT EXISTS (SELECT FROM erasure e WHERE e.tenant = g.tenant AND e.subject = g.subject AND e.begun_at IS NOT NULL)
  ) THEN
    RAISE EXCEPTION 'raw rows of who is not erased stay until their day is dropped' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END
$$;
-- No temporary table stands in for the tombstones.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION keep_raw_rows() SET search_path = %I, pg_temp', current_schema());
END
$$;
CREATE TRIGGER raw_rows_stay AFTER DELETE ON raw_event
REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION keep_raw_rows();
