-- Which closed buckets were changed, how often, when and by what (docs/design/raw-days.md). Buckets are quarters of an hour:
-- those of other grains are made of them. The partition is part of the key, as it is of a cell's, so owners never meet on a row.
CREATE TABLE restated_bucket (
  tenant text NOT NULL,
  metric text NOT NULL,
  version integer NOT NULL,
  bucket_s bigint NOT NULL,
  cause text NOT NULL CHECK (cause IN ('late_event', 'erasure', 'repair')),
  partition integer NOT NULL,
  revision integer NOT NULL DEFAULT 1,
  first_at timestamptz NOT NULL DEFAULT now(),
  restated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, metric, version, bucket_s, cause, partition)
);

GRANT SELECT, INSERT, UPDATE ON restated_bucket TO tidegate_aggregator;
GRANT SELECT ON restated_bucket TO tidegate_query;
