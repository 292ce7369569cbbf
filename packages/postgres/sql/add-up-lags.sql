-- Lags of minutes that nobody asks about by the minute any more become lags of hours: taken away and added in one statement, so each
-- is there once whatever breaks. Of two aggregators at once each takes what the other has not; rows go in in the order of their keys.
WITH over AS (
  SELECT tenant, minute, what, name FROM stream_tally
  WHERE what = 'lag' AND minute < date_trunc('hour', now() - interval '25 hours', 'UTC')
  FOR UPDATE SKIP LOCKED
), taken AS (
  DELETE FROM stream_tally t USING over o
  WHERE (t.tenant, t.minute, t.what, t.name) = (o.tenant, o.minute, o.what, o.name)
  RETURNING t.tenant, t.minute, t.name, t.events, t.last_at, t.longest_ms
)
INSERT INTO stream_tally AS t (tenant, minute, what, name, events, last_at, longest_ms)
SELECT tenant, date_trunc('hour', minute, 'UTC'), 'lag_hour', name, sum(events), max(last_at), max(longest_ms)
FROM taken GROUP BY 1, 2, 4 ORDER BY 1, 2, 4
ON CONFLICT (tenant, minute, what, name)
DO UPDATE SET events = t.events + excluded.events, last_at = greatest(t.last_at, excluded.last_at),
  longest_ms = greatest(t.longest_ms, excluded.longest_ms)
