-- What a peer keeps: each event once, by its id, and sums per quarter hour of the three groupings that the pack's metric has.
CREATE TABLE event (
  id text PRIMARY KEY,
  occurred_at timestamptz NOT NULL,
  data json NOT NULL
);

CREATE TABLE rollup (
  grouping_name text NOT NULL,
  value text NOT NULL,
  bucket timestamptz NOT NULL,
  edits bigint NOT NULL,
  added bigint NOT NULL,
  deleted bigint NOT NULL,
  delta bigint NOT NULL,
  largest bigint NOT NULL,
  least_delta bigint NOT NULL,
  PRIMARY KEY (grouping_name, value, bucket)
) WITH (fillfactor = 70);
