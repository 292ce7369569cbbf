-- Takes every lane of every partition from its owner, in the order in which flushes lock them. What an owner has not committed is void;
-- whoever claims next does it behind this transaction. $1 bytea the token of nobody. Returns what was taken.
WITH held AS (
  SELECT lane, partition FROM partition_progress ORDER BY partition, lane <> 'live', lane FOR UPDATE
)
UPDATE partition_progress p SET owner = $1::bytea
FROM held
WHERE p.lane = held.lane AND p.partition = held.partition
RETURNING p.lane, p.partition
