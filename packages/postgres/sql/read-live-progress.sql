-- How far every partition is counted (both event lanes; what is claimed of completeness is the live lane's), and whether
-- accepted events of it are gone of which no operator has read. Read first in a query's snapshot.
SELECT p.partition, p.term, p.commit_no, p.next_offset, p.log_generation,
  (extract(epoch FROM p.complete_through) * 1000)::float8 AS complete_through_ms,
  EXISTS (SELECT FROM log_gap g WHERE g.lane <> 'rejected' AND g.partition = p.partition AND g.acknowledged_at IS NULL) AS has_gap,
  p.sealed_quarter_hour, p.sealed_hour, p.sealed_day,
  b.next_offset AS backfill_next_offset, b.log_generation AS backfill_log_generation
FROM partition_progress p
LEFT JOIN partition_progress b ON b.lane = 'backfill' AND b.partition = p.partition
WHERE p.lane = 'live'
ORDER BY p.partition
