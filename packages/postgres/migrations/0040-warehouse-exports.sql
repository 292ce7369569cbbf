-- Exports of events and figures to a warehouse (docs/design/warehouse-exports.md): which objects may lie in the store. Each object has its
-- row before it is written, so whatever an attempt left is found and taken away.
CREATE TABLE warehouse_export (
  -- The job's.
  export_id uuid PRIMARY KEY,
  tenant text NOT NULL,
  -- What it is made of, as it was when it was begun.
  plan json NOT NULL,
  begun_at timestamptz NOT NULL DEFAULT now(),
  -- Null: it is being made, or was given up. Instants by table, through which each is complete.
  complete jsonb,
  -- When its files go; null: it is not made.
  expires_at timestamptz,
  -- Somebody takes files of it away, or makes them anew.
  busy_until timestamptz
);
CREATE INDEX warehouse_export_tenant ON warehouse_export (tenant);
CREATE TABLE warehouse_file (
  export_id uuid NOT NULL REFERENCES warehouse_export ON DELETE CASCADE,
  object_key text NOT NULL,
  piece integer NOT NULL,
  -- Null: it is being written.
  rows bigint,
  bytes bigint,
  sha256 text,
  -- Bit n: the file holds a person whose pseudonym begins with the four hexadecimal digits of n. Null: it holds nobody.
  subject_bits bytea,
  PRIMARY KEY (export_id, object_key)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON warehouse_export, warehouse_file TO tidegate_query;
