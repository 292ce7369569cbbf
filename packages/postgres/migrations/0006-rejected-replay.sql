-- A rejected row can be replayed. The identity of the event that is sent in its place is bound to the row before that event
-- goes to the log: whatever breaks after it, only the same event can be sent again, and that one is counted once.
ALTER TABLE rejected_event
  ADD COLUMN replay_identity bytea,
  ADD COLUMN replayed_at timestamptz,
  ADD COLUMN receipt text,
  ADD CONSTRAINT rejected_event_state CHECK (state IN ('open', 'replayed') AND (state = 'replayed') = (receipt IS NOT NULL));

-- Ingest replays; a tenant's rows are read newest first by the index that 0001 made.
GRANT SELECT ON rejected_event TO tidegate_ingest;
GRANT UPDATE (attempts, code, path, state, replay_identity, replayed_at, receipt) ON rejected_event TO tidegate_ingest;
