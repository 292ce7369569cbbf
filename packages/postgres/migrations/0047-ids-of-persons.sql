-- The id of a person as events had it, sealed with the person's own key (docs/design/sealed-fields.md, section 9): who deletes the row
-- takes both away at once. Null: no pack of the tenant asks for it, or no event of the person has come since one does.
ALTER TABLE person_key ADD COLUMN sealed_id text;

GRANT UPDATE (sealed_id) ON person_key TO tidegate_ingest;
