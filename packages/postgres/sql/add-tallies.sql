-- What was counted since the last time, added to its minutes; rows come in the order of their keys, so that two aggregators never
-- wait for each other in a circle. $1 text[] tenant, $2 timestamptz[] minute, $3 text[] what, $4 text[] name, $5 int8[] events,
-- $6 timestamptz[] arrival of the last of them, $7 int8[] the longest lag.
INSERT INTO stream_tally AS t (tenant, minute, what, name, events, last_at, longest_ms)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::int8[], $6::timestamptz[], $7::int8[])
ON CONFLICT (tenant, minute, what, name)
DO UPDATE SET events = t.events + excluded.events, last_at = greatest(t.last_at, excluded.last_at),
  longest_ms = greatest(t.longest_ms, excluded.longest_ms)
