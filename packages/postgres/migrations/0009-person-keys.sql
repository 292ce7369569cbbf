-- One key for each person of whom something is sealed (docs/design/sealed-fields.md): of chance, wrapped by a key of the tenant,
-- which is derived from FIELD_KEYS and never here. Kafka cannot give a row back: it is committed to the disk before the first
-- event that was sealed with it goes to the log, and deleting it makes every such value unreadable for ever.
CREATE TABLE person_key (
  tenant text NOT NULL,
  subject text NOT NULL,
  key_id bytea NOT NULL CHECK (length(key_id) = 8),
  field_key_id bytea NOT NULL CHECK (length(field_key_id) = 8),
  wrapped bytea NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, subject)
);

-- Who wraps keys anew (`tidegate keys rewrap`) can do nothing else.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidegate_keys') THEN
    CREATE ROLE tidegate_keys NOLOGIN;
    GRANT tidegate_keys TO CURRENT_USER;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another migrator of the same server was faster
END
$$;

-- Ingest makes keys and reads them; nobody else does, and it can neither change nor delete one.
GRANT SELECT, INSERT ON person_key TO tidegate_ingest;
GRANT SELECT ON person_key TO tidegate_keys;
GRANT UPDATE (field_key_id, wrapped) ON person_key TO tidegate_keys;
