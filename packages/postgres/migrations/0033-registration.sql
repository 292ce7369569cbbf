-- A person who registers has a name reserved before the profile is told, and is a user once it is (docs/design/accounts.md). Until
-- then nobody signs in by it, and lists do not show it; a reservation that nobody finished is dropped by the next one of its name.
ALTER TABLE user_account DROP CONSTRAINT user_account_state_check;
ALTER TABLE user_account ADD CONSTRAINT user_account_state_check CHECK (state IN ('active', 'disabled', 'pending'));
GRANT DELETE ON user_account TO tidegate_gateway;
