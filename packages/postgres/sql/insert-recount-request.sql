-- Asks the owners for a recount. $1 tenant, $2 metric (null: all), $3 who asks.
INSERT INTO recount_request (tenant, metric, asked_by)
VALUES ($1, $2, $3)
RETURNING request_no::float8 AS request_no
