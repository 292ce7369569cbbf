-- The audit as it is kept for years (docs/design/audit.md): a chain of records for each tenant, each with the hash of the one
-- before it, signed by a key that is never here. Whoever can write this database can still change none of it unseen.

-- The keeper of the chains can do nothing else, and cannot change what it has written.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidegate_audit') THEN
    CREATE ROLE tidegate_audit NOLOGIN;
    GRANT tidegate_audit TO CURRENT_USER;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another migrator of the same server was faster
END
$$;

CREATE TABLE audit_record (
  tenant text NOT NULL,
  no bigint NOT NULL CHECK (no > 0),
  -- When the log had it.
  kept_at timestamptz NOT NULL,
  -- json, not jsonb: the hash is over this very text.
  record json NOT NULL,
  prev_hash bytea NOT NULL CHECK (length(prev_hash) = 32),
  hash bytea NOT NULL CHECK (length(hash) = 32),
  signature bytea NOT NULL CHECK (length(signature) = 32),
  PRIMARY KEY (tenant, no)
);
CREATE INDEX audit_record_kept_at ON audit_record (tenant, kept_at);
-- Filters look into the record itself: a copy beside it could be changed without the hash telling.
CREATE INDEX audit_record_actor ON audit_record (tenant, (record ->> 'actor'), no);
CREATE INDEX audit_record_subject ON audit_record (tenant, (record ->> 'subject'), no) WHERE (record ->> 'subject') IS NOT NULL;

-- Where each chain begins (the place before its first record) and ends.
CREATE TABLE audit_chain (
  tenant text PRIMARY KEY,
  base_no bigint NOT NULL,
  base_hash bytea NOT NULL CHECK (length(base_hash) = 32),
  last_no bigint NOT NULL,
  last_hash bytea NOT NULL CHECK (length(last_hash) = 32),
  signature bytea NOT NULL CHECK (length(signature) = 32)
);

-- How far audit.v1 is kept, and how many records all chains have ever held. One row.
CREATE TABLE audit_position (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  topic_id text NOT NULL,
  next_offset bigint NOT NULL,
  records bigint NOT NULL,
  signature bytea NOT NULL
);
INSERT INTO audit_position (topic_id, next_offset, records, signature) VALUES ('', 0, 0, '');

-- The last record that is kept of each gateway: it numbers its records, and one that was sent twice is kept once.
CREATE TABLE audit_source (
  gateway text PRIMARY KEY,
  seq bigint NOT NULL
);

-- No role may change a record, or delete one that is younger than seven years (H-78); the owner of the table neither.
CREATE FUNCTION keep_audit_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.kept_at < now() - interval '7 years' THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'a record of the audit stays as it is, for seven years' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER audit_record_stays BEFORE UPDATE OR DELETE ON audit_record FOR EACH ROW EXECUTE FUNCTION keep_audit_record();
CREATE TRIGGER audit_record_stays_whole BEFORE TRUNCATE ON audit_record FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_record();

GRANT SELECT, INSERT, DELETE ON audit_record TO tidegate_audit;
GRANT SELECT, INSERT, UPDATE ON audit_chain, audit_source TO tidegate_audit;
GRANT SELECT, UPDATE ON audit_position TO tidegate_audit;
GRANT SELECT ON audit_record, audit_chain, audit_position TO tidegate_query;
