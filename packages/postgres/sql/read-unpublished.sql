-- What the control topic lacks, oldest key first; $1 most rows.
SELECT key, version::text AS version, value FROM control_record WHERE published_version < version ORDER BY key LIMIT $1
