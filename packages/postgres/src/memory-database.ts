import { UNSEALED } from '@tidegate/core';
import type { CoarseGrain, GrainCode, PartitionCount, SealState, SeriesEntry } from '@tidegate/core';
import type { BudgetKey } from './budget-shape.ts';
import type { Erasure } from './erasure-shape.ts';
import type { MemoryEntities } from './memory-entities.ts';
import type { RawRow, StoredRawRow } from './raw-rows.ts';
import type { DriftRow, RecountRequest } from './recount-shape.ts';
import type { EndedLog } from './read-store.ts';
import type { TaskRow } from './task-shape.ts';
import type { RestatedBucket } from './restated-store.ts';
import type { CommitFault, DedupGeneration, Lane, LanePosition, PartitionCommit, RejectedRow, StoredCell } from './store.ts';

export interface LaneState extends LanePosition {
  readonly owner: Uint8Array;
}

export interface LiveState {
  readonly term: number;
  readonly commitNo: number;
  readonly completeThroughMs: number | null;
  readonly backfillThroughMs: number | null;
  readonly seals: SealState;
}

/** Of a dimension's day. */
export interface BudgetState extends BudgetKey {
  /** Ids, each as 16 characters. */
  readonly admitted: ReadonlySet<string>;
  readonly isSpent: boolean;
}

/** Of a partition that nobody has claimed. */
export const NO_COMMIT: LiveState = { term: 0, commitNo: 0, completeThroughMs: null, backfillThroughMs: null, seals: UNSEALED };

export interface SealTask {
  readonly grain: CoarseGrain;
  readonly toS: number;
}

export interface JournalState {
  readonly commit: PartitionCommit;
  readonly cells: Uint8Array;
  readonly entities: Uint8Array | null;
}

/** What Postgres would hold; several stores may share one, as several owners share a database. */
export interface MemoryDatabase {
  readonly lanes: Map<string, LaneState>;
  readonly live: Map<number, LiveState>;
  readonly rawRows: StoredRawRow[];
  readonly rawDays: Set<number>;
  readonly arrivalDays: Set<string>;
  readonly series: Map<string, SeriesEntry>;
  readonly cells: Map<string, StoredCell & { readonly partition: number }>;
  readonly journal: Map<number, JournalState[]>;
  readonly generations: Map<string, DedupGeneration & { readonly blocks: Uint8Array }>;
  readonly rejected: Map<string, RejectedRow>;
  /** What rows within the quota take, by tenant, day and partition; and how many events were beyond it, by code too. */
  readonly rejectedBytes: Map<string, number>;
  readonly rejectedBeyond: Map<string, number>;
  readonly gaps: { readonly partition: number; readonly lane: Lane; readonly fromOffset: number; readonly toOffset: number }[];
  readonly endedLogs: (Omit<EndedLog, 'lane'> & { readonly lane: Lane })[];
  /** Closed buckets that commits changed, by what names the row. */
  readonly restated: Map<string, RestatedBucket & { readonly partition: number; readonly revision: number }>;
  /** Cells that recounts found wrong, in their order. */
  readonly drifts: (DriftRow & { readonly partition: number })[];
  readonly recountRequests: RecountRequest[];
  /** By the name of the metric version. */
  readonly floors: Map<string, ReadonlyMap<GrainCode, number>>;
  /** Seals that are under way, by partition. */
  readonly sealTasks: Map<number, SealTask>;
  /** Of dimensions, by `budgetText`. */
  readonly budgets: Map<string, BudgetState>;
  /** Rows of entities. */
  readonly entities: MemoryEntities;
  /** By request, with what was taken away. */
  readonly erasures: Map<string, Erasure & { readonly counts: Map<string, number> }>;
  /** Null: nobody recorded it. */
  partitionCount: PartitionCount | null;
  /** Other tasks, by partition, kind and name. */
  readonly tasks: Map<string, TaskRow & { readonly partition: number }>;
}

export interface MemoryStoreOptions {
  readonly database?: MemoryDatabase;
  /** Throws to make a commit fail at that boundary; at `flush.committed` the commit stands and only its answer is lost. */
  readonly fault?: CommitFault;
  /** Rows that the database would refuse as data. */
  readonly refuses?: (row: RawRow) => boolean;
}

export function createMemoryDatabase(): MemoryDatabase {
  return {
    lanes: new Map(),
    live: new Map(),
    rawRows: [],
    rawDays: new Set(),
    arrivalDays: new Set(),
    series: new Map(),
    cells: new Map(),
    journal: new Map(),
    generations: new Map(),
    rejected: new Map(),
    rejectedBytes: new Map(),
    rejectedBeyond: new Map(),
    gaps: [],
    endedLogs: [],
    restated: new Map(),
    drifts: [],
    recountRequests: [],
    floors: new Map(),
    sealTasks: new Map(),
    budgets: new Map(),
    entities: new Map(),
    erasures: new Map(),
    partitionCount: null,
    tasks: new Map(),
  };
}

export function lane(db: MemoryDatabase, name: Lane, partition: number): LaneState {
  const state = db.lanes.get(`${name}/${partition}`);
  if (state === undefined) throw new Error(`no progress row ${name}/${partition}`);
  return state;
}

export function isHeld(db: MemoryDatabase, at: { lane: Lane; partition: number }, token: Uint8Array): boolean {
  const owner = db.lanes.get(`${at.lane}/${at.partition}`)?.owner;
  return owner !== undefined && Buffer.compare(owner, token) === 0;
}

export function seriesKey(id: Uint8Array): string {
  return Buffer.from(id).toString('hex');
}
