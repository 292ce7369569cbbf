-- The newest recount that was asked for, by tenant and metric (null: all of the tenant).
SELECT tenant, metric, max(request_no)::float8 AS request_no
FROM recount_request
GROUP BY tenant, metric
