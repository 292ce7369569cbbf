-- Rejected records, keyed by their position: reading a log again finds its rows there. A tenant's rows of a day take what the partition's
-- share of the quota allows (a row counts as its sealed original and 256 bytes); once one does not fit, those behind it in the batch
-- neither. Beyond it what ingest refused is counted by reason, and what was accepted before is a row without its original: receipts count
-- these rows. Returns what was beyond. Only the owner of a partition writes its rows of rejected_day and rejected_beyond, under its fence.
-- $1 text[] tenant, $2 text[] topic, $3 int4[] log generation, $4 int4[] partition, $5 int8[] offset, $6 text[] code,
-- $7 text[] path, $8 text[] lane, $9 int8[] length, $10 bytea[] sha256, $11 bytea[] sealed, $12 timestamptz[] received at, $13 text[] format,
-- $14 bytea[] keyed hash of tenant and event id (null: none), $15 bytes of a tenant, day and partition (null: no bound).
WITH incoming AS (
  SELECT n.*, (n.received_at AT TIME ZONE 'UTC')::date AS day, coalesce(octet_length(n.sealed), 0) + 256 AS bytes
  FROM unnest($1::text[], $2::text[], $3::int4[], $4::int4[], $5::int8[], $6::text[], $7::text[], $8::text[], $9::int8[], $10::bytea[], $11::bytea[], $12::timestamptz[], $13::text[], $14::bytea[])
    WITH ORDINALITY AS n (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, sealed, received_at, format, event_id_hash, place)
), placed AS (
  SELECT i.*, $15::int8 IS NULL OR coalesce(d.kept_bytes, 0) + sum(i.bytes) OVER (PARTITION BY i.tenant, i.day, i.partition ORDER BY i.place) <= $15::int8 AS is_within
  FROM incoming i
  LEFT JOIN rejected_day d ON d.tenant = i.tenant AND d.day = i.day AND d.partition = i.partition
), kept AS (
  INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, sealed, received_at, format, event_id_hash)
  SELECT tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, CASE WHEN is_within THEN sealed END, received_at, format, event_id_hash
  FROM placed
  WHERE is_within OR lane <> 'ingest'
  ON CONFLICT DO NOTHING
), days AS (
  INSERT INTO rejected_day AS d (tenant, day, partition, kept_bytes)
  SELECT tenant, day, partition, sum(bytes) FROM placed WHERE is_within GROUP BY tenant, day, partition
  ON CONFLICT (tenant, day, partition) DO UPDATE SET kept_bytes = d.kept_bytes + excluded.kept_bytes
), counted AS (
  INSERT INTO rejected_beyond AS b (tenant, day, partition, code, events, bytes, first_at, last_at)
  SELECT tenant, day, partition, code, count(*), sum(length), min(received_at), max(received_at)
  FROM placed
  WHERE NOT is_within AND lane = 'ingest'
  GROUP BY tenant, day, partition, code
  ON CONFLICT (tenant, day, partition, code) DO UPDATE
  SET events = b.events + excluded.events, bytes = b.bytes + excluded.bytes,
    first_at = least(b.first_at, excluded.first_at), last_at = greatest(b.last_at, excluded.last_at)
)
SELECT tenant, code, count(*)::float8 AS events FROM placed WHERE NOT is_within GROUP BY tenant, code
