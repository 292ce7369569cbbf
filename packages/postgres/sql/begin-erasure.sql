-- The tombstone stands and the person's key is gone, in the owner's transaction, which waits for the disk: Kafka cannot give this
-- back. $1 request, $2 tenant, $3 pseudonym.
WITH durable AS (
  SELECT set_config('synchronous_commit', 'on', true)
), begun AS (
  UPDATE erasure SET begun_at = coalesce(begun_at, now()) FROM durable WHERE request_id = $1::uuid RETURNING request_id
), keys AS (
  DELETE FROM person_key WHERE tenant = $2 AND subject = $3 RETURNING subject
)
INSERT INTO erasure_count AS c (request_id, what, removed)
SELECT request_id, 'person_keys', (SELECT count(*) FROM keys) FROM begun
ON CONFLICT (request_id, what) DO UPDATE SET removed = c.removed + excluded.removed
