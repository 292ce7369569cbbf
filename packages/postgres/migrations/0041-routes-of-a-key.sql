-- The only routes that a key may call, as rights name them; none: all that its scopes open.
ALTER TABLE api_key ADD COLUMN routes text[] NOT NULL DEFAULT '{}';
