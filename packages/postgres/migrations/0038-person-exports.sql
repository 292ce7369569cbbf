-- Exports of all that is held about a person (docs/design/person-exports.md): those that were too large for an answer are kept for a day,
-- sealed, in parts. They are gone as soon as the person is erased.
CREATE TABLE person_export (
  -- The job's.
  export_id uuid PRIMARY KEY,
  tenant text NOT NULL,
  -- The pseudonym.
  subject text NOT NULL,
  format text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT now(),
  -- Null: it is being made.
  bytes bigint,
  expires_at timestamptz NOT NULL DEFAULT now() + interval '2 days'
);
CREATE INDEX person_export_subject ON person_export (tenant, subject);
CREATE TABLE person_export_part (
  export_id uuid NOT NULL REFERENCES person_export ON DELETE CASCADE,
  part integer NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (export_id, part)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON person_export TO tidegate_query;
GRANT SELECT, INSERT, DELETE ON person_export_part TO tidegate_query;
-- What is told to the person is told in the clear.
GRANT SELECT ON person_key TO tidegate_query;
