-- One export, with the sums of its files; no row: it is not begun, or its time is over. $1 tenant, $2 export.
SELECT w.plan::text AS plan, w.complete, (extract(epoch FROM w.expires_at) * 1000)::float8 AS expires_at_ms,
  (SELECT count(*)::int FROM warehouse_file f WHERE f.export_id = w.export_id) AS files,
  (SELECT coalesce(sum(f.rows), 0)::float8 FROM warehouse_file f WHERE f.export_id = w.export_id) AS rows,
  (SELECT coalesce(sum(f.bytes), 0)::float8 FROM warehouse_file f WHERE f.export_id = w.export_id) AS bytes
FROM warehouse_export w
WHERE w.tenant = $1 AND w.export_id = $2::uuid AND (w.expires_at IS NULL OR w.expires_at > now())
