-- Accepted records that are gone from the log. The first finder's row stays.
-- $1 lane, $2 partition, $3 log generation, $4 from offset, $5 to offset.
INSERT INTO log_gap (lane, partition, log_generation, from_offset, to_offset)
VALUES ($1::text, $2::int4, $3::int4, $4::int8, $5::int8)
ON CONFLICT DO NOTHING
