/** Raw rows as Parquet, by DuckDB: an open format that other programs read too. */
import { DuckDBInstance, DuckDBTimestampTZValue } from '@duckdb/node-api';
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import type { ArchivedRow } from '@tidegate/postgres';

export const ROW_COLUMNS = [
  ...['tenant VARCHAR NOT NULL', 'event_id VARCHAR NOT NULL', 'source VARCHAR NOT NULL', 'type VARCHAR NOT NULL', 'subject VARCHAR'],
  ...['occurred_at TIMESTAMPTZ NOT NULL', 'received_at TIMESTAMPTZ NOT NULL', '"partition" INTEGER NOT NULL', 'log_offset BIGINT NOT NULL'],
  ...[
    'log_generation INTEGER NOT NULL',
    'pack_version INTEGER NOT NULL',
    'data VARCHAR NOT NULL',
    'attributes VARCHAR',
    'is_backfill BOOLEAN NOT NULL',
  ],
].join(', ');
/** Timestamps as microseconds: no zone of the process comes in between. */
export const SELECTED_ROW = `tenant, event_id, source, type, subject, epoch_us(occurred_at) AS occurred, epoch_us(received_at) AS received,
  "partition", log_offset, log_generation, pack_version, data, attributes, is_backfill`;
const SELECT = `SELECT ${SELECTED_ROW} FROM read_parquet($1)`;

export interface Parquet {
  /** A file of these rows, in their order. */
  write(path: string, rows: readonly ArchivedRow[]): Promise<void>;
  read(path: string): Promise<ArchivedRow[]>;
  close(): void;
}

/**
 * One thread and half a gigabyte: it runs beside the servers. What was read of a file is not kept: DuckDB knows a file again by its path
 * and its time, and files are written one over the other within a moment.
 */
export const DUCKDB_SETTINGS = { threads: '1', memory_limit: '512MB', enable_external_file_cache: 'false' } as const;

export async function openParquet(): Promise<Parquet> {
  const instance = await DuckDBInstance.create(':memory:', DUCKDB_SETTINGS);
  const connection = await instance.connect();
  return {
    write: (path, rows) => write(connection, path, rows),
    async read(path) {
      const result = await connection.runAndReadAll(SELECT, [path]);
      return result.getRows().map(toRow);
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function write(connection: DuckDBConnection, path: string, rows: readonly ArchivedRow[]): Promise<void> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE archived (${ROW_COLUMNS})`);
  const to = await connection.createAppender('archived');
  for (const row of rows) append(to, row);
  to.closeSync();
  await connection.run(`COPY archived TO '${path.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`);
  await connection.run('DROP TABLE archived');
}

function append(to: DuckDBAppender, row: ArchivedRow): void {
  const text = (value: string | null): void => (value === null ? to.appendNull() : to.appendVarchar(value));
  for (const value of [row.tenant, row.eventId, row.source, row.type, row.subject]) text(value);
  for (const ms of [row.occurredAtMs, row.receivedAtMs]) to.appendTimestampTZ(new DuckDBTimestampTZValue(BigInt(Math.round(ms)) * 1_000n));
  to.appendInteger(row.partition);
  to.appendBigInt(BigInt(row.logOffset));
  to.appendInteger(row.logGeneration);
  to.appendInteger(row.packVersion);
  text(row.data);
  text(row.attributes);
  to.appendBoolean(row.isBackfill);
  to.endRow();
}

/** Of a row as `SELECTED_ROW` has it. */
export function toRow(cells: readonly unknown[]): ArchivedRow {
  const [
    tenant,
    eventId,
    source,
    type,
    subject,
    occurred,
    received,
    partition,
    logOffset,
    logGeneration,
    packVersion,
    data,
    attributes,
    isBackfill,
  ] = cells;
  const nullable = (value: unknown): string | null => (value === null ? null : String(value));
  return {
    ...{ tenant: String(tenant), eventId: String(eventId), source: String(source), type: String(type), subject: nullable(subject) },
    ...{ occurredAtMs: Number(occurred) / 1_000, receivedAtMs: Number(received) / 1_000, partition: Number(partition) },
    ...{ logOffset: Number(logOffset), logGeneration: Number(logGeneration), packVersion: Number(packVersion) },
    ...{ data: String(data), attributes: nullable(attributes), isBackfill: isBackfill === true },
  };
}
