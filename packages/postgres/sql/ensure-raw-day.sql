-- $1 the arrival day, as days since 1970-01-01.
SELECT ensure_raw_day(date '1970-01-01' + $1::int4)
