-- A rotated key has several secrets at once: the newest one in api_key, earlier ones here until they end. Rows stay: what has
-- ended must be refused by gateways that nobody publishes to, and must never be taken for a new secret.
CREATE TABLE api_key_earlier_secret (
  secret_sha256 bytea PRIMARY KEY CHECK (length(secret_sha256) = 32),
  key_id text NOT NULL REFERENCES api_key (key_id),
  ends_at timestamptz NOT NULL
);
CREATE INDEX api_key_earlier_secret_key_id_idx ON api_key_earlier_secret (key_id);

ALTER TABLE api_key ADD COLUMN rotated_at timestamptz;
-- A publishable key stands in web pages: whoever reads it may send events and nothing else.
ALTER TABLE api_key ADD CONSTRAINT api_key_pub_writes_only CHECK (kind <> 'pub' OR scopes <@ ARRAY['ingest:write']);

GRANT SELECT, INSERT, UPDATE ON api_key_earlier_secret TO tidegate_gateway;
