-- Rows of entities that are past their time leave the figures over them: closed buckets that change by it are told with their own cause.
ALTER TABLE restated_bucket DROP CONSTRAINT restated_bucket_cause_check,
  ADD CONSTRAINT restated_bucket_cause_check CHECK (cause IN ('late_event', 'erasure', 'repair', 'retention'));
