-- How many partitions are counted by, and with how many the installation began; no row: it never was recorded.
SELECT first_count, count FROM partition_count
