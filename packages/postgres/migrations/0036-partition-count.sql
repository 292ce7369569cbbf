-- How many partitions are counted by, and with how many the installation began (docs/design/partition-growth.md). One row, that of
-- the control record: who takes a partition over learns the count behind the claim that fences all earlier owners, so nobody counts
-- by an old one.
CREATE TABLE partition_count (
  is_the_one boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
  first_count integer NOT NULL,
  count integer NOT NULL CHECK (count % first_count = 0)
);
INSERT INTO partition_count (first_count, count)
SELECT (value ->> 'count')::int4, (value ->> 'count')::int4 FROM control_record WHERE key = 'partitions/-/events' AND value IS NOT NULL;
GRANT SELECT ON partition_count TO tidegate_aggregator;
GRANT SELECT, INSERT ON partition_count TO tidegate_gateway;

-- A person's raw rows may lie in each partition that its key ever had: an erasure goes from one to the next.
ALTER TABLE erasure ADD COLUMN visited integer[] NOT NULL DEFAULT '{}';
