-- The closed generation with its filter. $1 partition, $2 generation, $3 timestamptz arrival from, $4 arrival to,
-- $5 number of identities, $6 filter.
INSERT INTO dedup_generation (partition, generation, state, arrival_from, arrival_to, identities, filter)
VALUES ($1::int4, $2::int4, 'closed', $3::timestamptz, $4::timestamptz, $5::int8, $6::bytea)
ON CONFLICT (partition, generation)
DO UPDATE SET state = 'closed', arrival_from = excluded.arrival_from, arrival_to = excluded.arrival_to, identities = excluded.identities, filter = excluded.filter
