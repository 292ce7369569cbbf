-- Notes what the topic has, $1 keys and $2 versions in pairs. Never backwards: a slow former publisher undoes nothing.
UPDATE control_record AS record SET published_version = sent.version
FROM unnest($1::text[], $2::bigint[]) AS sent (key, version)
WHERE record.key = sent.key AND record.published_version < sent.version
