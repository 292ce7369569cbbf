-- The control plane: who may call, what is defined, and what has yet to reach the control topic. The same tables as
-- prisma/schema.prisma; a test keeps both equal.

CREATE TABLE tenant (
  tenant text PRIMARY KEY CHECK (tenant ~ '^[a-z][a-z0-9-]{0,62}$'),
  title text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Hashes only: who reads this table can call nothing. The key id stands in logs and records in place of the secret.
CREATE TABLE api_key (
  key_id text PRIMARY KEY,
  tenant text NOT NULL REFERENCES tenant (tenant),
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('live', 'pub')),
  secret_sha256 bytea NOT NULL UNIQUE CHECK (length(secret_sha256) = 32),
  last4 text NOT NULL,
  scopes text[] NOT NULL,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'revoked')),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_key_tenant_created_at_idx ON api_key (tenant, created_at);

CREATE TABLE pack (
  tenant text NOT NULL REFERENCES tenant (tenant),
  pack text NOT NULL,
  version integer NOT NULL,
  PRIMARY KEY (tenant, pack)
);

CREATE TABLE pack_version (
  tenant text NOT NULL,
  pack text NOT NULL,
  version integer NOT NULL,
  source jsonb NOT NULL,
  metrics jsonb NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, pack, version),
  FOREIGN KEY (tenant, pack) REFERENCES pack (tenant, pack)
);

-- Record and outbox in one row: a change is one transaction, and what the topic lacks is `published_version < version`.
CREATE TABLE control_record (
  key text PRIMARY KEY,
  version bigint NOT NULL,
  value jsonb,
  published_version bigint NOT NULL DEFAULT 0
);
CREATE INDEX control_record_unpublished ON control_record (key) WHERE published_version < version;

CREATE TABLE publisher_lease (
  name text PRIMARY KEY,
  holder text NOT NULL,
  term bigint NOT NULL,
  expires_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON tenant, api_key, pack, control_record, publisher_lease TO tidegate_gateway;
GRANT SELECT, INSERT ON pack_version TO tidegate_gateway;
