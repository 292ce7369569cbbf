-- From which second on cells of a metric version are kept, by grain. $1 tenant, $2 metric, $3 version.
SELECT grain, floor_s::float8 AS floor_s
FROM cell_floor
WHERE tenant = $1 AND metric = $2 AND version = $3::int4
