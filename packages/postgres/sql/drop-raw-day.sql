-- $1 day, $2 whether it has to be archived. See the function, in migration 0013.
SELECT drop_raw_day($1::date, $2::boolean) AS outcome
