-- First copies of events of the backfill lane, in log order; the columns are those of createRawRows for that lane.
COPY raw_event (tenant, event_id, source, type, subject, occurred_at, received_at, partition, log_offset, log_generation, pack_version, data, attributes, is_backfill)
FROM STDIN (FORMAT binary)
