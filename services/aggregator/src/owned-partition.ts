import type { CompiledEntity, DedupWindow, Folder, Lateness, PartitionCount, SealState } from '@tidegate/core';
import type { EventLane } from '@tidegate/postgres';
import type { CellStates } from './cell-states.ts';
import type { ErasedPersons } from './erasure/erased-persons.ts';
import type { EntityProjection } from './known-packs.ts';
import { createOpenBatch } from './open-batch.ts';
import type { OpenBatch } from './open-batch.ts';
import type { PartitionVersions } from './partition-versions.ts';
import type { SharedRows } from './shared-rows.ts';

/** Where one lane of an owned partition stands. Offsets are those of the next record. */
export interface LaneCursor {
  readonly topic: string;
  /** As the progress row says. */
  committed: number;
  /** Folded into the open batch or the one being flushed: what the next slab must begin with. */
  folded: number;
  readonly logGeneration: number;
}

/** The same of a lane in which events come. */
export interface EventCursor extends LaneCursor {
  readonly lane: EventLane;
  /** End of its log as last seen. */
  endOffset: number;
  /** Offsets that the database refuses by themselves. */
  readonly refused: Set<number>;
  /** Below this offset the limit of a batch stays lowered. */
  searchUntil: number;
}

/**
 * One taken-over partition, in memory: both event lanes of it share the window, the batch and the commit. It is discarded when the partition is released or taken over anew; only a rewind
 * (a flush that failed) keeps it.
 *
 * | state    | reads | flushes | left by                                                    |
 * |----------|-------|---------|------------------------------------------------------------|
 * | running  | yes   | yes     | an unknown record → stopped; revoked or lost → released     |
 * | stopped  | no    | yes     | revoked or lost → released                                  |
 * | released | no    | no      |                                                             |
 */
export interface OwnedPartition {
  readonly partition: number;
  readonly token: Uint8Array;
  readonly term: number;
  readonly live: EventCursor;
  readonly backfill: EventCursor;
  readonly rejected: LaneCursor;
  readonly window: DedupWindow;
  readonly folder: Folder;
  readonly cells: CellStates;
  /** The counts, as of the claim, where partitions were made more than there were at first; null: they never were. */
  readonly grown: PartitionCount | null;
  /** How it projects an entity's rows. */
  readonly projectionOf: (entity: CompiledEntity) => EntityProjection;
  /** Where partitions were made more: others of its class write rows that it writes. Null: nobody else does. */
  readonly sharedRows: SharedRows | null;
  /** Whose events are not counted any more. */
  readonly erased: ErasedPersons;
  /** Metric versions that are made of its raw events, or were. */
  readonly versions: PartitionVersions;
  commitNo: number;
  /** What of the coarse cells is made, as of that commit. */
  seals: SealState;
  /** Epoch ms of the take-over. */
  readonly takenOverMs: number;
  /** Last commit whose cells readers have been told. */
  announcedCommitNo: number;
  completeThroughMs: number | null;
  /** Append time through which the backfill lane is counted; what answers claim is not told by it. */
  backfillThroughMs: number | null;
  /** Of the events that this owner has counted. */
  readonly lateness: Lateness;
  state: 'running' | 'stopped' | 'released';
  /** Rises with each rewind: a handler that began before it drops what it holds. */
  epoch: number;
  /** A slice of a slab is between its lookup and its fold: the batch must not be taken now, nor a slice of the other lane. */
  isBusy: boolean;
  batch: OpenBatch;
  /** Pending layer of the dedup window that belongs to `batch`. */
  layer: number;
  /** Records a batch may hold; lowered while a record that the database refuses is searched for, and after a failed flush. */
  recordLimit: number;
  /** Cells for each record of the batch before, at least 1: by which records are cut where cells are the limit. */
  cellsPerRecord: number;
  /** Resolved when the batch is taken, a slice is done that the other lane waits for, the partition is rewound or released. */
  room: PromiseWithResolvers<void>;
  /** Handlers that wait for it. */
  waiting: number;
}

/** Wakes a handler that waits for room. */
export function makeRoom(owned: OwnedPartition): void {
  const waiting = owned.room;
  owned.room = Promise.withResolvers();
  waiting.resolve();
}

/**
 * Drops everything that is not committed: the pending layers from `oldestLayer` on, what was folded, cached cell states.
 * Reading starts again at the row's offsets.
 */
export function rewind(owned: OwnedPartition, oldestLayer: number): void {
  owned.epoch += 1;
  owned.isBusy = false;
  owned.window.abort(oldestLayer);
  owned.layer = owned.window.begin();
  owned.folder.discard();
  owned.cells.clear();
  owned.batch = createOpenBatch();
  owned.live.folded = owned.live.committed;
  owned.backfill.folded = owned.backfill.committed;
  owned.rejected.folded = owned.rejected.committed;
  makeRoom(owned);
}

export function hasWork(owned: OwnedPartition): boolean {
  return owned.state !== 'released' && !owned.isBusy && owned.batch.records > 0;
}
