-- Keys that were used. Rows are locked in their order, so that gateways wait for one another and never in a ring; an instant only
-- moves forwards. $1 text[] key ids, $2 int8[] last used at (epoch ms).
WITH used AS (
  SELECT key_id, timestamptz 'epoch' + at_ms * interval '1 millisecond' AS at FROM unnest($1::text[], $2::int8[]) AS u (key_id, at_ms)
), held AS (
  SELECT k.key_id, used.at
  FROM api_key k
  JOIN used USING (key_id)
  WHERE k.last_used_at IS NULL OR k.last_used_at < used.at
  ORDER BY k.key_id
  FOR NO KEY UPDATE OF k
)
UPDATE api_key k SET last_used_at = greatest(k.last_used_at, held.at) FROM held WHERE k.key_id = held.key_id
