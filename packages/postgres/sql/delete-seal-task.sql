-- A seal that is done leaves nothing but what is sealed. $1 partition.
DELETE FROM partition_task WHERE partition = $1::int4 AND kind = 'seal'
