-- Groups of fewer persons are withheld from a key; null: none is. A key that sees persons one by one has none.
ALTER TABLE api_key
  ADD COLUMN k int CHECK (k >= 2),
  ADD CONSTRAINT api_key_k_sees_groups_only CHECK (k IS NULL OR NOT scopes && ARRAY['events:read', 'tenant:admin', 'ops:admin', 'privacy:admin', 'cache:admin']);
