-- How far the lanes of all partitions are counted, and whether anybody owns them. $1 bytea the token of nobody.
SELECT lane, partition, next_offset::float8 AS next_offset, owner <> $1::bytea AS is_owned
FROM partition_progress
ORDER BY partition, lane <> 'live', lane
