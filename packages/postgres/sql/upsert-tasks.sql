-- How far tasks of a partition are, in the commit that brought them there.
-- $1 partition, $2 text[] kind, $3 text[] name, $4 text[] spec, $5 text[] cursor, $6 text[] state.
INSERT INTO partition_task (partition, kind, name, spec, cursor, state)
SELECT $1::int4, kind, name, spec::jsonb, cursor::jsonb, state
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS t(kind, name, spec, cursor, state)
ON CONFLICT (partition, kind, name)
DO UPDATE SET spec = excluded.spec, cursor = excluded.cursor, state = excluded.state, changed_at = now()
