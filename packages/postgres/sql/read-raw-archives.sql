-- What is archived, by day and round. $1 day (null: any).
SELECT to_char(a.day, 'YYYY-MM-DD') AS day, a.round, a.rows::float8 AS rows, a.files, a.bytes::float8 AS bytes, a.manifest_key, a.manifest_sha256,
  (extract(epoch FROM a.archived_at) * 1000)::float8 AS archived_at_ms,
  (extract(epoch FROM a.restored_until) * 1000)::float8 AS restored_until_ms,
  coalesce(d.state, 'dropped') AS state
FROM raw_archive a
LEFT JOIN raw_day d USING (day)
WHERE $1::date IS NULL OR a.day = $1::date
ORDER BY a.day, a.round
