-- Nothing before it is read from here on; never lowered. $1 tenant, $2 metric, $3 version, $4 grain, $5 floor in seconds.
INSERT INTO cell_floor AS f (tenant, metric, version, grain, floor_s)
VALUES ($1, $2, $3::int4, $4::int2, $5::int8)
ON CONFLICT (tenant, metric, version, grain)
DO UPDATE SET floor_s = excluded.floor_s, set_at = now()
WHERE f.floor_s < excluded.floor_s
