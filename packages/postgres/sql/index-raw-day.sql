-- $1 day, $2 kind. See the function, in migration 0044.
SELECT index_raw_day($1::date, $2::text) AS outcome
