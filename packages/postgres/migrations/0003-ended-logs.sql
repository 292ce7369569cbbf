-- How far a log was counted when its partition was found to have another one (made anew, or cut by a power loss): a receipt
-- of that generation is compared with it. Never emptied by a program: one row for each such accident.
CREATE TABLE ended_log (
  lane text NOT NULL,
  partition integer NOT NULL,
  log_generation integer NOT NULL,
  next_offset bigint NOT NULL,
  ended_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (lane, partition, log_generation)
);

GRANT SELECT, INSERT ON ended_log TO tidegate_aggregator;
GRANT SELECT ON ended_log TO tidegate_query;
