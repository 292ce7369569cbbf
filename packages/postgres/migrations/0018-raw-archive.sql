-- What of raw events lies in the archive (docs/design/archive.md). A round is complete from the moment that its row is here. A
-- day may have several: one that was dropped and comes again has new rows; one that was restored holds what its rounds held, and
-- these are taken away once it is archived anew.
CREATE TABLE raw_archive (
  day date NOT NULL,
  round integer NOT NULL,
  rows bigint NOT NULL,
  files integer NOT NULL,
  bytes bigint NOT NULL,
  manifest_key text NOT NULL,
  manifest_sha256 bytea NOT NULL CHECK (length(manifest_sha256) = 32),
  archived_at timestamptz NOT NULL DEFAULT now(),
  -- Its rows are in raw_event again, and stay there until then.
  restored_until timestamptz,
  PRIMARY KEY (day, round)
);

GRANT SELECT ON raw_archive TO tidegate_aggregator, tidegate_query;
