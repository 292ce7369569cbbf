-- All cells before the floor are deleted. $1 tenant, $2 metric, $3 version, $4 grain, $5 the floor that was gone by.
UPDATE cell_floor SET cleared_s = $5::int8
WHERE tenant = $1 AND metric = $2 AND version = $3::int4 AND grain = $4::int2
