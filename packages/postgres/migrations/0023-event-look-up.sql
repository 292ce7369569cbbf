-- A rejected event is found by its id: a keyed hash of tenant and id, as rejected.v1 carries it; null where the record has none.
ALTER TABLE rejected_event ADD COLUMN event_id_hash bytea;
CREATE INDEX rejected_event_id ON rejected_event (tenant, event_id_hash) WHERE event_id_hash IS NOT NULL;
