-- A round whose rows another round of the day holds, and whose files are gone. $1 day, $2 round.
DELETE FROM raw_archive WHERE day = $1::date AND round = $2::int4 AND restored_until IS NOT NULL
