-- In which format the original of a rejected row came (docs/design/road.md, section 3): a replay reads it as what it was. Null: a
-- row from before that was told, or one of a record of the log.
ALTER TABLE rejected_event ADD COLUMN format text;
