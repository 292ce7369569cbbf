-- What an event says of itself beside its data, as one object: `schemaversion`, and the attributes that a CloudEvent may have
-- (`dataschema`, extensions). Null where it says nothing, as nearly all do: such a row takes at most
-- 8 bytes more.
ALTER TABLE raw_event ADD COLUMN attributes json;
