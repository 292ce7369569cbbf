-- All of the control plane, for the comparison with the topic.
SELECT key, version::text AS version, value FROM control_record ORDER BY key
