-- When a key was last used, to half a minute: gateways tell it in batches (docs/design/keys.md). Null: never since this was kept.
ALTER TABLE api_key ADD COLUMN last_used_at timestamptz;
