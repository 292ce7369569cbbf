-- What the planner knows of a table that has grown fast. Autovacuum looks once a minute and in each database in turn; until it has
-- been, a table that took a month of history in a few seconds is one of which nothing is known, and of its indexes any is taken.

-- Samples the table that has grown most since it was last sampled, if it holds at least 1,000 rows and twice what it held then, and says
-- its name; null: there is none, or somebody works on it. Of rows by the count that the server keeps of them.
CREATE FUNCTION analyse_grown_table() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET stats_fetch_consistency = 'none' AS $$
DECLARE
  grown regclass;
BEGIN
  SELECT c.oid::regclass INTO grown
  FROM pg_stat_user_tables s
  JOIN pg_class c ON c.oid = s.relid AND c.relkind = 'r'
  WHERE s.schemaname = current_schema() AND s.n_live_tup >= 1000 AND s.n_live_tup >= 2 * greatest(c.reltuples, 0)
    AND pg_has_role(c.relowner, 'USAGE')
  ORDER BY s.n_live_tup / greatest(c.reltuples, 1) DESC
  LIMIT 1;
  IF grown IS NULL THEN
    RETURN NULL;
  END IF;
  -- Whoever holds it may be autovacuum, which does the same.
  EXECUTE format('ANALYZE (SKIP_LOCKED) %s', grown);
  RETURN (SELECT grown::text FROM pg_stat_user_tables WHERE relid = grown AND last_analyze >= statement_timestamp());
END
$$;

-- As in 0013, but for its owner: who migrates owns some of the tables and is a member of who owns the others.
DO $$
DECLARE
  here text := current_schema();
BEGIN
  EXECUTE format('ALTER FUNCTION analyse_grown_table() SET search_path = %I, pg_temp', here);
  REVOKE ALL ON FUNCTION analyse_grown_table() FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION analyse_grown_table() TO tidegate_aggregator;
END
$$;
