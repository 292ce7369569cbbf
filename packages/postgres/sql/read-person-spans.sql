-- From when to when the series of a person's own have cells, by metric and set. $1 tenant, $2 pseudonym, $3 text[] metrics.
SELECT s.metric, s.set_no, min(c.from_s)::float8 AS from_s, max(c.last_s)::float8 AS last_s
FROM series s
CROSS JOIN LATERAL (SELECT min(bucket_s) AS from_s, max(bucket_s) AS last_s FROM cell WHERE series_id = s.series_id) c
WHERE s.tenant = $1 AND s.metric = ANY ($3::text[]) AND s.subject = $2 AND c.from_s IS NOT NULL
GROUP BY s.metric, s.set_no
ORDER BY s.metric, s.set_no
