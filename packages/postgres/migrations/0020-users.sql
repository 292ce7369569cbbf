-- People who sign in (docs/design/accounts.md). Names are kept as they are compared: in lower case. A password is a bcrypt
-- hash and nothing else; a refresh token a SHA-256.
CREATE TABLE user_account (
  user_id text PRIMARY KEY,
  tenant text NOT NULL REFERENCES tenant (tenant),
  username text NOT NULL CHECK (username = lower(username)),
  email text CHECK (email = lower(email)),
  password_hash text NOT NULL CHECK (password_hash ~ '^\$2b\$\d\d\$.{53}$'),
  roles text[] NOT NULL CHECK (cardinality(roles) > 0),
  -- Plain id of the person whose events are theirs; never changed, for tokens carry it.
  subject text,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
  -- Raised by every change that older access tokens must not outlive.
  revision integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz,
  CHECK ((state = 'disabled') = (disabled_at IS NOT NULL)),
  UNIQUE (tenant, username),
  UNIQUE (tenant, email)
);

-- What came of one sign-in: a chain of refresh tokens of which the newest alone is good.
CREATE TABLE user_session (
  session_id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES user_account (user_id),
  made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason text CHECK (end_reason IN ('logout', 'reuse', 'changed')),
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX user_session_open_idx ON user_session (user_id) WHERE ended_at IS NULL;
CREATE INDEX user_session_expires_at_idx ON user_session (expires_at);

CREATE TABLE refresh_token (
  token_sha256 bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
  session_id text NOT NULL REFERENCES user_session (session_id) ON DELETE CASCADE,
  used_at timestamptz
);
CREATE INDEX refresh_token_session_id_idx ON refresh_token (session_id);

GRANT SELECT, INSERT, UPDATE ON user_account TO tidegate_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON user_session, refresh_token TO tidegate_gateway;
