-- First copies of events of the live lane, in log order; the columns are those of createRawRows.
COPY raw_event (tenant, event_id, source, type, subject, occurred_at, received_at, partition, log_offset, log_generation, pack_version, data, attributes)
FROM STDIN (FORMAT binary)
