-- What of the cells is dropped. `is_seen`: every reader has had the time to hear of it.
SELECT tenant, metric, version, grain, floor_s, cleared_s, set_at < now() - interval '5 minutes' AS is_seen
FROM cell_floor
