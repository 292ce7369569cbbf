-- What is kept of refused events is bounded by tenant and day of arrival. Each partition has its share of the quota and its own rows here,
-- which only its owner writes: owners never wait for one another.

-- What the rows of rejected_event take that came within the share.
CREATE TABLE rejected_day (
  tenant text NOT NULL,
  day date NOT NULL,
  partition integer NOT NULL,
  kept_bytes bigint NOT NULL,
  PRIMARY KEY (tenant, day, partition)
);

-- Those beyond it, by the reason why they were refused: they have no row of their own.
CREATE TABLE rejected_beyond (
  tenant text NOT NULL,
  day date NOT NULL,
  partition integer NOT NULL,
  code text NOT NULL,
  events bigint NOT NULL,
  -- As they came.
  bytes bigint NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, day, partition, code)
);

GRANT SELECT, INSERT, UPDATE ON rejected_day, rejected_beyond TO tidegate_aggregator;
GRANT SELECT ON rejected_beyond TO tidegate_query;
