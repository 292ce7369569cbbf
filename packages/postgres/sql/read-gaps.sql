-- Ranges of accepted events that were gone from the log before they were counted, newest first.
SELECT lane, partition, log_generation, from_offset, to_offset,
  (extract(epoch FROM found_at) * 1000)::float8 AS found_at_ms,
  (extract(epoch FROM acknowledged_at) * 1000)::float8 AS acknowledged_at_ms, acknowledged_by, acknowledged_reason
FROM log_gap
WHERE lane <> 'rejected'
ORDER BY found_at DESC, lane DESC, partition, from_offset
