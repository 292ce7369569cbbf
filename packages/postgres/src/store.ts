import type { ChangedEntities, EventLane, JournaledIdentities, PartitionCount, SealState, SeriesEntry } from '@tidegate/core';
import type { CellKey, CellWithSeries, CellWrite, PendingCells } from './cell-shape.ts';
import type { EntityAging, PendingEntities } from './entity-commit.ts';
import type { ErasureReader, ErasureStep } from './erasure-shape.ts';
import type { RawStore } from './raw-shape.ts';
import type { DriftRow, RecountStore } from './recount-shape.ts';
import type { RestatedBucket } from './restated-store.ts';
import type { SealSlice } from './seal-shape.ts';
import type { TaskChange, TaskRow } from './task-shape.ts';

export type { EventLane } from '@tidegate/core';
export type { CellKey, CellWithSeries, CellWrite, PendingCells, StoredCell } from './cell-shape.ts';

/**
 * The store port: what the owner of partitions reads from and writes to the data plane. One implementation over
 * Postgres (`pg-store.ts`), one in memory (`memory.ts`); both pass `test/store.contract.ts`.
 *
 * Offsets, terms and commit numbers are integers below 2^53. Instants are epoch milliseconds.
 */

/** `rejected` follows rejected.v1. The live row holds the term and the commit number of all lanes. */
export type Lane = EventLane | 'rejected';

/** How far one lane of one partition is counted, and by which it is known again after the log was lost or made anew. */
export interface LanePosition {
  readonly nextOffset: number;
  /** Rises when the log does not hold what was committed from it; raw rows, rejected rows and receipts carry it. */
  readonly logGeneration: number;
  /** `<cluster id>/<topic id>` of the log that was read. */
  readonly topicId: string;
  /** Of the record before `nextOffset`, see `recordDigest`; null before the first record. */
  readonly lastRecordSha256: Uint8Array | null;
}

export interface ClaimRequest {
  readonly partition: number;
  /** Where a lane without a row begins: the earliest offset of its log. */
  readonly live: LaneStart;
  readonly backfill: LaneStart;
  readonly rejected: LaneStart;
}

export interface LaneStart {
  readonly startOffset: number;
  readonly topicId: string;
}

export interface Claim {
  readonly partition: number;
  readonly term: number;
  readonly commitNo: number;
  readonly completeThroughMs: number | null;
  readonly live: LanePosition;
  readonly backfill: LanePosition;
  /** Greatest append time that is counted of the backfill lane. */
  readonly backfillThroughMs: number | null;
  readonly rejected: LanePosition;
  /** What of the partition's coarse cells is made. */
  readonly seals: SealState;
}

export interface ProgressRow extends Claim {
  readonly owner: Uint8Array;
}

/** Changes to a claimed partition outside a flush: a higher term, a new log generation, a gap. Fenced by the token. */
export interface Amendment {
  readonly partition: number;
  readonly lane: Lane;
  readonly term?: number;
  readonly position?: LanePosition;
  /** Accepted records `from` ≤ offset < `to` are gone; kept for status and alarm. */
  readonly gap?: { readonly fromOffset: number; readonly toOffset: number };
}

export interface RejectedRow {
  readonly tenant: string;
  readonly topic: string;
  readonly logGeneration: number;
  readonly partition: number;
  readonly logOffset: number;
  readonly code: string;
  readonly path: string;
  /** What ingest refused, or the lane of an accepted record that cannot be counted (`events`: the live one). */
  readonly lane: 'ingest' | 'events' | 'backfill';
  readonly lengthBytes: number;
  readonly sha256: Uint8Array;
  /** The sealed original; null where only its length and hash are kept. */
  readonly sealed: Uint8Array | null;
  readonly receivedAtMs: number;
  /** In which the original came; null: it is not known, or a record of the log. */
  readonly format: string | null;
  /** Keyed hash of tenant and event id; null or absent: it is not known. */
  readonly eventIdHash?: Uint8Array | null;
}

/** Which event days an arrival day holds, as days since 1970-01-01 UTC. */
export interface ArrivalDay {
  readonly arrivalDay: number;
  readonly eventDay: number;
  readonly tenant: string;
}

export interface OffsetMove {
  readonly expected: number;
  readonly next: number;
  readonly lastRecordSha256: Uint8Array | null;
}

/** What a commit takes in of the backfill lane. */
export interface BackfillMove extends OffsetMove {
  /** Greatest append time of its records. */
  readonly throughMs: number;
  /** Rows made by `createRawRows` for this lane. */
  readonly rawRows: Uint8Array;
}

/** What one partition adds in one commit. */
export interface PartitionCommit {
  readonly partition: number;
  /** The owner token of its claim. */
  readonly token: Uint8Array;
  readonly term: number;
  /** The number this commit gets: the row's number before it plus one. */
  readonly commitNo: number;
  /** Where nothing of the live lane moves, `next` equals `expected`. */
  readonly live: OffsetMove;
  readonly backfill: BackfillMove | null;
  readonly rejectedLane: OffsetMove | null;
  readonly completeThroughMs: number | null;
  /** Rows of the live lane made by `createRawRows`, without the COPY header and trailer. */
  readonly rawRows: Uint8Array;
  readonly arrivalDays: readonly ArrivalDay[];
  /** That the owner has not written yet, less those that `cells.values` names. */
  readonly series: readonly SeriesEntry[];
  readonly cells: PendingCells;
  /** Rows of entities that it changes; absent or null: none. */
  readonly entities?: PendingEntities | null;
  /** First copies counted by this commit: 12 bytes each, sorted. */
  readonly identities: Uint8Array;
  /** Generation of the dedup window the identities belong to. */
  readonly generation: number;
  readonly arrivalFromMs: number;
  readonly arrivalToMs: number;
  readonly rejected: readonly RejectedRow[];
  /** Closed buckets that it changes. */
  readonly restated?: readonly RestatedBucket[];
  /** Cells that a recount found wrong; filled in when its cells are resolved. */
  readonly drifts?: readonly DriftRow[];
  /** A step of the erasure of a person. */
  readonly erasure?: ErasureStep;
  /** Of a commit that is a slice of a seal; it has no batch's cells. */
  readonly slice: SealSlice | null;
  /** Rows of `partition_task` that this commit writes. */
  readonly tasks?: readonly TaskChange[];
}

export interface CommitBatch {
  readonly partitions: readonly PartitionCommit[];
  /** What rejected rows of one tenant, day and partition may take; absent: no bound. */
  readonly rejectedBytesMax?: number;
}

/** Refused events beyond that: they have no row, or one without its original. */
export interface RejectedBeyond {
  readonly tenant: string;
  readonly code: string;
  readonly events: number;
}

export type CommitOutcome =
  | {
      readonly kind: 'committed';
      readonly writes: ReadonlyMap<number, readonly CellWrite[]>;
      /** Absent: none. */
      readonly rejectedBeyond?: readonly RejectedBeyond[];
    }
  /** Rolled back: these partitions have another owner or another offset. */
  | { readonly kind: 'lost'; readonly partitions: readonly number[] }
  /** Rolled back: a value that the database refuses (SQLSTATE classes 22 and 23). */
  | { readonly kind: 'data_error'; readonly sqlState: string; readonly message: string }
  /** The server is ill. Where COMMIT was sent nobody knows what happened: read the row back. */
  | { readonly kind: 'failed'; readonly commitSent: boolean; readonly message: string };

export interface JournalBlock {
  readonly partition: number;
  readonly commitNo: number;
  readonly term: number;
  readonly generation: number;
  readonly arrivalFromMs: number;
  readonly arrivalToMs: number;
  readonly nextOffset: number;
  readonly identities: Uint8Array;
  readonly cells: readonly CellKey[];
  readonly entities: readonly ChangedEntities[];
}

export interface DedupGeneration {
  readonly partition: number;
  readonly generation: number;
  readonly isOpen: boolean;
  readonly arrivalFromMs: number;
  readonly arrivalToMs: number;
  readonly identities: number;
  /** Compact filter of a closed generation; null as well where it was one too many to be read. */
  readonly filter: Uint8Array | null;
}

export interface ClosedGeneration {
  readonly partition: number;
  readonly generation: number;
  readonly arrivalFromMs: number;
  readonly arrivalToMs: number;
  readonly filter: Uint8Array;
  /** All identities of the generation, 12 bytes each, sorted. */
  readonly identities: Uint8Array;
  /** Journal blocks up to this commit are announced, so their copies of the identities can go. */
  readonly announcedCommitNo: number;
}

export interface DataStore extends RawStore, RecountStore, ErasureReader, EntityAging {
  /**
   * Takes partitions over in one commit: a fresh owner token and a raised term fence every earlier owner. What is read
   * after it (journal, generations, cells) can no longer change under the new owner. A partition beyond the recorded count is not
   * given.
   */
  claim(requests: readonly ClaimRequest[], token: Uint8Array): Promise<readonly Claim[]>;
  /**
   * Resolves to false when the token no longer holds the partition. Where the log generation rises, how far the log before
   * it was counted is kept: receipts of that generation are compared with it.
   */
  amend(amendment: Amendment, token: Uint8Array): Promise<boolean>;
  /** Null: never recorded. Read behind a claim it is the count that the claim holds under, or the claim is void. */
  readPartitionCount(): Promise<PartitionCount | null>;
  /** The greatest log generation of the partitions of both event lanes, or of the rejected lane; 0 without any. */
  newestLogGeneration(lane: Lane): Promise<number>;
  readProgress(partitions: readonly number[]): Promise<readonly ProgressRow[]>;
  /** Journal blocks with a greater commit number, in order; read block by block. */
  readJournal(partition: number, afterCommitNo: number): AsyncIterable<JournalBlock>;
  /** Identities of the journal's blocks of this dedup generation and later ones, in order; read some blocks at a time. */
  readIdentities(partition: number, fromGeneration: number): AsyncIterable<JournaledIdentities>;
  /** Oldest first. Filters are read from the newest on, as long as all of them together have at most so many bytes. */
  readGenerations(partition: number, filterBytesMax: number): Promise<readonly DedupGeneration[]>;
  /** Those of `identities` (12 bytes each) that a closed generation holds, sorted. */
  findIdentities(partition: number, generation: number, identities: Uint8Array): Promise<Uint8Array>;
  closeGeneration(closed: ClosedGeneration, token: Uint8Array): Promise<boolean>;
  /** Drops generations and journal blocks that the window has left behind. */
  forgetGenerations(partition: number, upToGeneration: number, token: Uint8Array): Promise<boolean>;
  /** States as of now of the cells of one partition, with their series. */
  readCells(partition: number, keys: readonly CellKey[]): Promise<readonly CellWithSeries[]>;
  /** Makes sure the arrival days can take raw rows. */
  ensureRawDays(days: readonly number[]): Promise<void>;
  /**
   * Moves complete-through of idle lanes forward; returns the partitions whose live lane is still held, and has not gone back
   * behind the commit that its owner remembers.
   */
  touch(idle: readonly IdlePartition[]): Promise<readonly number[]>;
  /** Rows of `partition_task` of one kind. */
  readTasks(partition: number, kind: string): Promise<readonly TaskRow[]>;
  commit(batch: CommitBatch): Promise<CommitOutcome>;
  close(): Promise<void>;
}

export interface IdlePartition {
  readonly lane: EventLane;
  readonly partition: number;
  readonly token: Uint8Array;
  /** The last commit that the owner knows to stand. */
  readonly commitNo: number;
  readonly completeThroughMs: number;
}

/** Boundaries of the steps of a commit, in order: what a kill drill stops at. */
export const COMMIT_FAULT_POINTS = [
  'flush.begun',
  'flush.fenced',
  'flush.raw_copied',
  'flush.cells_read',
  'flush.cells_written',
  'flush.journaled',
  'flush.rejected_written',
  'flush.committed',
] as const;

export type CommitFaultPoint = (typeof COMMIT_FAULT_POINTS)[number];

/** Called at each boundary; the shipped program passes a function that does nothing. */
export type CommitFault = (point: CommitFaultPoint) => void | Promise<void>;
