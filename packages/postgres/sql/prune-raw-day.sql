-- $1 day, $2 tenant, $3 event type, $4 rows at most, $5 whether the day has to be archived. See the function, in migration 0013.
SELECT prune_raw_day($1::date, $2::text, $3::text, $4::int4, $5::boolean)::float8 AS deleted
