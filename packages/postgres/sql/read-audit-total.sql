-- What was signed to be in all chains, and what they end at, seen at one moment.
SELECT records::float8 AS records, signature, (SELECT coalesce(sum(last_no), 0)::float8 FROM audit_chain) AS found FROM audit_position
