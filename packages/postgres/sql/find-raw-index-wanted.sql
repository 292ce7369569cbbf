-- The newest closed day that lacks an index of these kinds, with the first of them that it lacks. $1 kinds.
SELECT to_char(d.day, 'YYYY-MM-DD') AS day, k.kind
FROM raw_day d, unnest($1::text[]) WITH ORDINALITY AS k (kind, at)
WHERE d.state = 'closed' AND to_regclass(format('%I', 'raw_event_' || to_char(d.day, 'YYYYMMDD'))) IS NOT NULL
  AND to_regclass(format('%I', 'raw_event_' || to_char(d.day, 'YYYYMMDD') || '_' || k.kind)) IS NULL
ORDER BY d.day DESC, k.at
LIMIT 1
