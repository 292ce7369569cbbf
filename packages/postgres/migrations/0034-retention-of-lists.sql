-- Refused events, what was told of restated and repaired cells, and findings that hold no more are deleted when their time is over, by the aggregator that holds
-- the lease of maintenance.
GRANT DELETE ON rejected_event, rejected_day, rejected_beyond, restated_bucket, cell_drift TO tidegate_aggregator;
GRANT SELECT, DELETE ON insight_finding TO tidegate_aggregator;

-- Of ranges of pages, so that a bucket that is restated again, and a finding that is closed, is still changed in place.
CREATE INDEX restated_bucket_age ON restated_bucket USING brin (restated_at);
CREATE INDEX insight_finding_age ON insight_finding USING brin (closed_at);
