-- An operator who has read of a gap says so, and why nothing more is to be done: the status alarms no longer, the gap stays listed.
ALTER TABLE log_gap
  ADD COLUMN acknowledged_at timestamptz,
  -- Id of the key.
  ADD COLUMN acknowledged_by text,
  ADD COLUMN acknowledged_reason text,
  ADD CONSTRAINT log_gap_acknowledged CHECK (
    (acknowledged_at IS NULL) = (acknowledged_by IS NULL) AND (acknowledged_at IS NULL) = (acknowledged_reason IS NULL)
  );
GRANT UPDATE (acknowledged_at, acknowledged_by, acknowledged_reason) ON log_gap TO tidegate_query;
