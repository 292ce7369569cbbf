-- The count from here on; the first one stays. $1 count before, $2 count after.
INSERT INTO partition_count (first_count, count) VALUES ($1::int4, $2::int4)
ON CONFLICT (is_the_one) DO UPDATE SET count = excluded.count
