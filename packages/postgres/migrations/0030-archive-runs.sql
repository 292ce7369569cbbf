-- When a run of the archive last came to its end (docs/design/archive.md). One row from the first one on.
CREATE TABLE archive_run (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  ended_at timestamptz NOT NULL
);
GRANT SELECT ON archive_run TO tidegate_aggregator;
