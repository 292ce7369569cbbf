-- The control record of the partition count.
SELECT value FROM control_record WHERE key = 'partitions/-/events'
