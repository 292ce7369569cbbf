/** What of the data plane is closed and dropped when its time is over (docs/design/raw-days.md). */
import { leastSealed, toIsoDate } from '@tidegate/core';
import type { GrainCode, SealedThrough } from '@tidegate/core';
import type pg from 'pg';
import { fromSealedColumns } from './seal-columns.ts';
import type { SealedColumns } from './seal-columns.ts';
import { createPool } from './pool.ts';
import type { Pooler } from './pool.ts';
import { run } from './statements.ts';

/** An arrival day that is not dropped. */
export interface RawDay {
  /** Days since 1970-01-01 UTC. */
  readonly day: number;
  readonly state: 'open' | 'closed';
  readonly isArchived: boolean;
  /** Whether the rows of this event type are deleted already. */
  isPruned(tenant: string, type: string): boolean;
}

/** Indexes of a closed day beside those that each has: by time alone, of failed calls (`raw_status`), by what events tell (`raw_properties`). */
export const RAW_INDEXES = ['time', 'errors', 'properties'] as const;
export type RawIndex = (typeof RAW_INDEXES)[number];

export type IndexOutcome = 'made' | 'there' | 'absent' | 'in_use';

export type DropOutcome = 'dropped' | 'absent' | 'open' | 'not_archived' | 'in_use';

/** The cells of one grain of one metric version. */
export interface CellsOfGrain {
  readonly tenant: string;
  readonly metric: string;
  readonly version: number;
  readonly grain: GrainCode;
}

export interface CellFloorRow extends CellsOfGrain {
  /** Cells that begin before it are not read. */
  readonly floorS: number;
  /** Cells that begin before it are deleted; null: none yet. */
  readonly clearedS: number | null;
  /** Every reader has had the time to hear of the floor. */
  readonly isSeen: boolean;
}

export interface DroppedCells {
  readonly cells: number;
  readonly series: number;
  /** Where the next page begins; null: that was the last one. */
  readonly afterSeries: string | null;
}

/** Rows that are deleted by their age alone. */
export type AgedRows =
  | { readonly what: 'rejected'; readonly tenant: string; readonly beforeMs: number }
  | { readonly what: 'restated' | 'drift' | 'findings'; readonly beforeMs: number };

export interface RetentionStore {
  /** One process at a time: resolves to false while another one holds the lease. */
  holdLease(holder: string, leaseMs: number): Promise<boolean>;
  releaseLease(holder: string): Promise<void>;
  readRawDays(): Promise<readonly RawDay[]>;
  /** False: some partition has not passed the day yet. */
  closeRawDay(day: number): Promise<boolean>;
  /** The newest closed day that lacks one of these; null: none does. */
  findRawIndexWanted(kinds: readonly RawIndex[]): Promise<{ readonly day: number; readonly kind: RawIndex } | null>;
  /** Nobody changes the day meanwhile. */
  indexRawDay(day: number, kind: RawIndex): Promise<IndexOutcome>;
  dropRawDay(day: number, archivedOnly: boolean): Promise<DropOutcome>;
  /** Deletes some rows of a closed day; null: the day may not be touched. */
  pruneRawDay(of: { readonly day: number; readonly tenant: string; readonly type: string }, how: PruneHow): Promise<number | null>;
  readFloors(): Promise<readonly CellFloorRow[]>;
  raiseFloor(of: CellsOfGrain, floorS: number): Promise<void>;
  clearFloor(of: CellsOfGrain, floorS: number): Promise<void>;
  dropCells(
    of: CellsOfGrain,
    page: { readonly floorS: number; readonly afterSeries: string | null; readonly seriesMax: number },
  ): Promise<DroppedCells>;
  /** Tenants that have refused events. */
  rejectedTenants(): Promise<readonly string[]>;
  /** Deletes some of these, oldest first where an index has that order; resolves to how many. */
  deleteAged(of: AgedRows, rowsMax: number): Promise<number>;
  /** When a run of the archive last came to its end; null: none has. */
  lastArchiveRunMs(): Promise<number | null>;
  /** What is sealed on every partition. */
  leastSealed(): Promise<SealedThrough>;
  close(): Promise<void>;
}

export interface PruneHow {
  readonly rowsMax: number;
  readonly archivedOnly: boolean;
}

export interface RetentionStoreOptions {
  readonly databaseUrl: string;
  readonly pooler?: Pooler;
  readonly role?: string;
  readonly onError?: (error: Error) => void;
}

const LEASE = 'maintenance';
/** A day of a busy installation is a hundred million rows, of which three indexes are made. */
const STATEMENT_TIMEOUT_MS = 2 * 3_600_000;
const DAY_MS = 86_400_000;
const NO_SERIES = '00000000-0000-0000-0000-000000000000';

/** Two connections: the lease is prolonged while a day gets its indexes. */
export function createRetentionStore(options: RetentionStoreOptions): RetentionStore {
  const pool = createPool({
    ...options,
    ...{ applicationName: 'tidegate-maintenance', connectionsMax: 2, statementTimeoutMs: STATEMENT_TIMEOUT_MS },
  });
  return {
    holdLease: async (holder, leaseMs) => (await run(pool, 'take-lease', [LEASE, holder, leaseMs])).length === 1,
    releaseLease: async (holder) => void (await run(pool, 'release-lease', [LEASE, holder])),
    readRawDays: async () => (await run<RawDayRow>(pool, 'read-raw-days', [])).map(toRawDay),
    closeRawDay: async (day) => (await run<{ closed: boolean }>(pool, 'close-raw-day', [toIsoDate(day)]))[0]?.closed === true,
    async findRawIndexWanted(kinds) {
      const [row] = await run<{ day: string; kind: RawIndex }>(pool, 'find-raw-index-wanted', [kinds]);
      return row === undefined ? null : { day: Date.parse(row.day) / DAY_MS, kind: row.kind };
    },
    indexRawDay: async (day, kind) =>
      (await run<{ outcome: IndexOutcome }>(pool, 'index-raw-day', [toIsoDate(day), kind]))[0]?.outcome ?? 'absent',
    dropRawDay: (day, archivedOnly) => dropRawDay(pool, day, archivedOnly),
    async pruneRawDay({ day, tenant, type }, { rowsMax, archivedOnly }) {
      const [row] = await run<{ deleted: number | null }>(pool, 'prune-raw-day', [toIsoDate(day), tenant, type, rowsMax, archivedOnly]);
      return row?.deleted ?? null;
    },
    readFloors: () => readCellFloors(pool),
    rejectedTenants: async () => (await run<{ tenant: string }>(pool, 'list-rejected-tenants', [])).map(({ tenant }) => tenant),
    deleteAged: (of, rowsMax) => deleteAged(pool, of, rowsMax),
    lastArchiveRunMs: async () => (await run<{ ended_ms: number }>(pool, 'read-archive-run', []))[0]?.ended_ms ?? null,
    raiseFloor: async (of, floorS) => void (await run(pool, 'raise-cell-floor', [...toKey(of), floorS])),
    clearFloor: async (of, floorS) => void (await run(pool, 'clear-cell-floor', [...toKey(of), floorS])),
    async dropCells(of, { floorS, afterSeries, seriesMax }) {
      const values = [...toKey(of), floorS, afterSeries ?? NO_SERIES, seriesMax];
      const [row] = await run<{ last_series: string | null; series: number; cells: number }>(pool, 'drop-cells', values);
      const series = row?.series ?? 0;
      return { cells: row?.cells ?? 0, series, afterSeries: series < seriesMax ? null : (row?.last_series ?? null) };
    },
    leastSealed: async () => leastSealed((await run<SealedColumns>(pool, 'read-live-progress', [])).map(fromSealedColumns)),
    close: () => pool.end(),
  };
}

async function deleteAged(pool: pg.Pool, of: AgedRows, rowsMax: number): Promise<number> {
  const before = new Date(of.beforeMs).toISOString();
  const deleted = async (name: string, values: unknown[]): Promise<number> =>
    (await run<{ rows: number }>(pool, name, values))[0]?.rows ?? 0;
  if (of.what !== 'rejected') return deleted(`delete-${of.what}`, [before, rowsMax]);
  // Counts of days: a few rows each.
  await run(pool, 'delete-rejected-days', [of.tenant, before]);
  return deleted('delete-rejected', [of.tenant, before, rowsMax]);
}

interface RawDayRow {
  readonly day: string;
  readonly state: 'open' | 'closed';
  readonly is_archived: boolean;
  readonly pruned: readonly (readonly [string, string])[];
}

function toRawDay(row: RawDayRow): RawDay {
  const pruned = new Set(row.pruned.map(([tenant, type]) => `${tenant} ${type}`));
  return {
    day: Date.parse(row.day) / DAY_MS,
    state: row.state,
    isArchived: row.is_archived,
    isPruned: (tenant, type) => pruned.has(`${tenant} ${type}`),
  };
}

/** `55P03`: a flush or a reader held the table all the while. */
async function dropRawDay(pool: pg.Pool, day: number, archivedOnly: boolean): Promise<DropOutcome> {
  try {
    const [row] = await run<{ outcome: DropOutcome }>(pool, 'drop-raw-day', [toIsoDate(day), archivedOnly]);
    return row?.outcome ?? 'absent';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '55P03') return 'in_use';
    throw error;
  }
}

interface FloorRow {
  readonly tenant: string;
  readonly metric: string;
  readonly version: number;
  readonly grain: GrainCode;
  readonly floor_s: string;
  readonly cleared_s: string | null;
  readonly is_seen: boolean;
}

export async function readCellFloors(pool: pg.Pool): Promise<readonly CellFloorRow[]> {
  return (await run<FloorRow>(pool, 'read-cell-floors', [])).map(({ tenant, metric, version, grain, ...row }) => ({
    ...{ tenant, metric, version, grain },
    floorS: Number(row.floor_s),
    clearedS: row.cleared_s === null ? null : Number(row.cleared_s),
    isSeen: row.is_seen,
  }));
}

function toKey({ tenant, metric, version, grain }: CellsOfGrain): unknown[] {
  return [tenant, metric, version, grain];
}
