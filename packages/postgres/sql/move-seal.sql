-- What is sealed after a slice. $1 partition, $2 quarter hours, $3 hours, $4 days: each the first second that is not sealed, or
-- null; $5 grain of the bucket under way, $6 its series up to which cells are made (null: none is under way).
UPDATE partition_progress
SET sealed_quarter_hour = $2::int8, sealed_hour = $3::int8, sealed_day = $4::int8, sealing_grain = $5::int2, sealing_after = $6::uuid
WHERE lane = 'live' AND partition = $1::int4
