-- Arrival days that are not dropped, oldest first; with what of them is pruned.
SELECT to_char(d.day, 'YYYY-MM-DD') AS day, d.state, d.archived_at IS NOT NULL AS is_archived,
  coalesce((SELECT json_agg(json_build_array(p.tenant, p.type)) FROM raw_pruned p WHERE p.day = d.day AND p.done), '[]') AS pruned
FROM raw_day d
WHERE d.state <> 'dropped'
ORDER BY d.day
