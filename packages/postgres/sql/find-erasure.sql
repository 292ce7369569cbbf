-- One erasure, by its request or by its person. $1 tenant, $2 request (null: by person), $3 pseudonym.
SELECT e.request_id, e.subject,
  (extract(epoch FROM e.requested_at) * 1000)::float8 AS requested_ms,
  (extract(epoch FROM e.begun_at) * 1000)::float8 AS begun_ms,
  (extract(epoch FROM e.events_at) * 1000)::float8 AS events_ms,
  (extract(epoch FROM e.originals_at) * 1000)::float8 AS originals_ms,
  (extract(epoch FROM e.cache_at) * 1000)::float8 AS cache_ms,
  (extract(epoch FROM e.archive_at) * 1000)::float8 AS archive_ms,
  (extract(epoch FROM e.figures_before) * 1000)::float8 AS figures_before_ms,
  e.archive_at IS NULL AND EXISTS (SELECT FROM raw_archive) AS waits_for_archive,
  coalesce((SELECT json_object_agg(c.what, c.removed) FROM erasure_count c WHERE c.request_id = e.request_id), '{}') AS removed
FROM erasure e
WHERE e.tenant = $1 AND CASE WHEN $2::uuid IS NULL THEN e.subject = $3 ELSE e.request_id = $2::uuid END
