/** What the archive reads from Postgres, writes back, and is listed by (docs/design/archive.md). Used by operators' commands. */
import { toIsoDate } from '@tidegate/core';
import type pg from 'pg';
import { inTransaction, SNAPSHOT } from './in-transaction.ts';
import { int8Array, textArray } from './binary-array.ts';
import type { ErasurePlaceWork } from './erasure-store.ts';
import { createRawRows } from './raw-rows.ts';
import { copyIn } from './copy-in.ts';
import { createPool } from './pool.ts';
import { run, statement } from './statements.ts';

/** A row of raw_event, whole. */
export interface ArchivedRow {
  readonly tenant: string;
  readonly eventId: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  readonly occurredAtMs: number;
  readonly receivedAtMs: number;
  readonly partition: number;
  readonly logOffset: number;
  readonly logGeneration: number;
  readonly packVersion: number;
  /** JSON texts, as they are stored. */
  readonly data: string;
  readonly attributes: string | null;
  /** Its position is one of the backfill log. */
  readonly isBackfill: boolean;
}

/** Rows of one tenant whose persons' pseudonyms begin with one digit (`-`: nobody's). */
export interface ArchivePage {
  readonly tenant: string;
  readonly group: string;
  readonly rows: readonly ArchivedRow[];
}

export interface ArchiveNote {
  readonly day: number;
  readonly round: number;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly manifestKey: string;
  readonly manifestSha256: Uint8Array;
}

export interface ArchiveInfo extends ArchiveNote {
  readonly archivedAtMs: number;
  /** Its rows are in raw_event again until then; null: they were not restored. */
  readonly restoredUntilMs: number | null;
  readonly state: 'open' | 'closed' | 'dropped';
}

export interface ArchiveStore {
  /** Closed days that are in no archive, up to a day; with `held` those too that were restored for a while. */
  daysToArchive(upToDay: number, held: boolean): Promise<readonly number[]>;
  /** The rows of a day in one snapshot, group by group in order; pages of one group follow one another. */
  readDay(day: number, onPage: (page: ArchivePage) => Promise<void>): Promise<void>;
  /** False: the day is not closed, is archived already, or has other rows than the archive. */
  noteArchived(note: ArchiveNote): Promise<boolean>;
  list(day?: number): Promise<readonly ArchiveInfo[]>;
  /** Writes a dropped day's rows back, all or none, and holds them. `present`: the day has rows. */
  restoreDay(day: number, keepDays: number, pages: AsyncIterable<readonly ArchivedRow[]>): Promise<'restored' | 'present'>;
  /** Of a round that was restored and is archived anew. */
  forgetRound(of: Pick<ArchiveNote, 'day' | 'round'>): Promise<void>;
  /** Persons of whom the archive may hold events still. */
  erasedPersons(): Promise<readonly ErasurePlaceWork[]>;
  /** False: the round's manifest is not the one that was read. */
  replaceManifest(round: ArchiveInfo, by: Pick<ArchiveNote, 'manifestKey' | 'manifestSha256' | 'rows' | 'bytes'>): Promise<boolean>;
  endErasure(requestId: string, rows: number): Promise<void>;
  /** A run has come to its end. */
  noteRun(): Promise<void>;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const PAGE_ROWS = 5_000;
const STATEMENT_TIMEOUT_MS = 6 * 3_600_000;

export function createArchiveStore(options: { readonly databaseUrl: string }): ArchiveStore {
  const pool = createPool({ ...options, applicationName: 'tidegate-archive', connectionsMax: 2, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  return {
    daysToArchive: async (upToDay, held) =>
      (await run<{ day: string }>(pool, 'read-days-to-archive', [toIsoDate(upToDay), held])).map(({ day }) => fromDate(day)),
    readDay: (day, onPage) => inTransaction(pool, (client) => readDay(client, day, onPage), { begin: SNAPSHOT }),
    async noteArchived({ day, round, rows, files, bytes, manifestKey, manifestSha256 }) {
      const values = [toIsoDate(day), round, rows, files, bytes, manifestKey, Buffer.from(manifestSha256)];
      return (await run(pool, 'insert-raw-archive', values)).length === 1;
    },
    list: async (day) => (await run<ArchiveRow>(pool, 'read-raw-archives', [day === undefined ? null : toIsoDate(day)])).map(toInfo),
    restoreDay: (day, keepDays, pages) => inTransaction(pool, (client) => restoreDay(client, { day, keepDays }, pages)),
    forgetRound: async ({ day, round }) => void (await run(pool, 'delete-raw-archive', [toIsoDate(day), round])),
    erasedPersons: async () => {
      const rows = await run<{ request_id: string; tenant: string; subject: string }>(pool, 'read-erasures-for-archive', []);
      return rows.map(({ request_id: requestId, tenant, subject }) => ({ requestId, tenant, subject }));
    },
    async replaceManifest({ day, round, manifestKey: was }, { manifestKey, manifestSha256, rows, bytes }) {
      const values = [toIsoDate(day), round, was, manifestKey, Buffer.from(manifestSha256), rows, bytes];
      return (await run(pool, 'replace-manifest', values)).length === 1;
    },
    async endErasure(requestId, rows) {
      await run(pool, 'count-erased', [requestId, textArray(['archived_events']), int8Array([rows])]);
      await run(pool, 'end-archive', [requestId]);
    },
    noteRun: async () => void (await run(pool, 'note-archive-run', [])),
    close: () => pool.end(),
  };
}

/** As statements over raw_event select it. */
export interface ArchiveRawRow {
  readonly tenant: string;
  readonly event_id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  readonly occurred_at_ms: number;
  readonly received_at_ms: number;
  readonly partition: number;
  readonly log_offset: number;
  readonly log_generation: number;
  readonly pack_version: number;
  readonly data: string;
  readonly attributes: string | null;
  readonly is_backfill: boolean;
}

interface DayRow extends ArchiveRawRow {
  readonly subject_group: string;
}

/** By a cursor: a day is larger than the memory. */
async function readDay(client: pg.PoolClient, day: number, onPage: (page: ArchivePage) => Promise<void>): Promise<void> {
  const text = statement('read-archive-rows').replace(/\$1/g, `'${toIsoDate(day)}'`);
  await client.query(`DECLARE archived NO SCROLL CURSOR FOR ${text}`);
  for (;;) {
    const { rows } = await client.query<DayRow>(`FETCH ${PAGE_ROWS} FROM archived`);
    for (const group of Map.groupBy(rows, (row) => `${row.tenant} ${row.subject_group}`).values()) {
      const [first] = group;
      if (first !== undefined) await onPage({ tenant: first.tenant, group: first.subject_group, rows: group.map(toArchivedRow) });
    }
    if (rows.length < PAGE_ROWS) return;
  }
}

export function toArchivedRow(row: ArchiveRawRow): ArchivedRow {
  const { tenant, source, type, subject, partition, data, attributes } = row;
  return {
    ...{ tenant, source, type, subject, partition, data, attributes },
    eventId: row.event_id,
    occurredAtMs: row.occurred_at_ms,
    receivedAtMs: row.received_at_ms,
    logOffset: row.log_offset,
    logGeneration: row.log_generation,
    packVersion: row.pack_version,
    isBackfill: row.is_backfill,
  };
}

async function restoreDay(
  client: pg.PoolClient,
  { day, keepDays }: { readonly day: number; readonly keepDays: number },
  pages: AsyncIterable<readonly ArchivedRow[]>,
): Promise<'restored' | 'present'> {
  await run(client, 'ensure-raw-day', [day]);
  const [known] = await run<{ rows: number }>(client, 'count-raw-day', [toIsoDate(day)]);
  if (known === undefined || known.rows > 0) return 'present';
  for await (const rows of pages) {
    for (const isBackfill of [false, true]) {
      const own = rows.filter((row) => row.isBackfill === isBackfill);
      if (own.length > 0)
        await copyIn(client, statement(isBackfill ? 'copy-backfill-rows' : 'copy-raw-rows'), [
          toRawRows(own, isBackfill ? 'backfill' : 'live'),
        ]);
    }
  }
  // Who was erased since stays so.
  await run(client, 'delete-erased-rows', [toIsoDate(day)]);
  await run(client, 'note-restored', [toIsoDate(day), keepDays]);
  return 'restored';
}

const utf8 = new TextEncoder();

function toRawRows(rows: readonly ArchivedRow[], lane: 'live' | 'backfill'): Uint8Array {
  const raw = createRawRows(undefined, lane);
  for (const { data, attributes, isBackfill: _isBackfill, ...row } of rows) {
    const bytes = utf8.encode(data);
    raw.add({
      ...row,
      ...{ idStart: -1, idEnd: -1, bytes, dataStart: 0, dataEnd: bytes.length },
      attributes: utf8.encode(attributes ?? ''),
    });
  }
  return raw.bytes();
}

interface ArchiveRow {
  readonly day: string;
  readonly round: number;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly manifest_key: string;
  readonly manifest_sha256: Buffer;
  readonly archived_at_ms: number;
  readonly restored_until_ms: number | null;
  readonly state: ArchiveInfo['state'];
}

function toInfo({ day, manifest_key: manifestKey, manifest_sha256: manifestSha256, ...row }: ArchiveRow): ArchiveInfo {
  const { round, rows, files, bytes, state } = row;
  return {
    ...{ day: fromDate(day), round, rows, files, bytes, state, manifestKey, manifestSha256 },
    archivedAtMs: row.archived_at_ms,
    restoredUntilMs: row.restored_until_ms,
  };
}

function fromDate(text: string): number {
  return Date.parse(text) / DAY_MS;
}
