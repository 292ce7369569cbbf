-- $1 day. See the function, in migration 0013.
SELECT close_raw_day($1::date) AS closed
