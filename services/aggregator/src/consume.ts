import type { RecordSlab } from '@tidegate/kafka';
import type { NoteCauses } from './causes.ts';
import type { createDedupe } from './dedupe.ts';
import type { BackfillShare } from './backfill-share.ts';
import type { createFold, Slice } from './fold.ts';
import { makeRoom } from './owned-partition.ts';
import type { EventCursor, OwnedPartition } from './owned-partition.ts';

/** Records judged at once: bounds what waits while identities are looked up, and how long backfill holds up live. */
const SLICE_RECORDS_MAX = { live: 4_096, backfill: 1_024 };
/** Raw rows a batch holds before reading waits for a flush. */
const BATCH_RAW_BYTES_MAX = 8 * 1_048_576;

export interface ConsumeDeps {
  /** Only where the installation has grown: sends on, and marks, what belongs to another partition. */
  readonly forward: (owned: OwnedPartition, slice: Slice) => Promise<void>;
  readonly dedupe: ReturnType<typeof createDedupe>;
  readonly fold: ReturnType<typeof createFold>;
  readonly noteCauses: NoteCauses;
  /** Cells that a partition's batch may hold. */
  readonly cellsMax: () => number;
  /** Of the backfill lane. */
  readonly share: Pick<BackfillShare, 'left' | 'spend' | 'next'>;
  /** Lets other work in between two slices of the backfill lane. */
  readonly breathe: () => Promise<void>;
  /** There is something to flush. */
  readonly onWork: () => void;
  /** The log skipped offsets: nothing may be counted before it is known why. */
  readonly onGap: (owned: OwnedPartition, at: { readonly expected: number; readonly found: number }) => void;
  /** A record that only a newer aggregator understands. */
  readonly onUnknown: (owned: OwnedPartition, at: { readonly offset: number; readonly what: string }) => void;
}

/**
 * Takes a slab of an event lane in offset order:
 * 1. what is below the next wanted offset was folded before and is skipped; what begins above it is a gap and a fault;
 * 2. the slab is cut into slices that fit the open batch; when it is full, reading waits for the flush. A slice of the backfill
 *    lane fits the lane's share of the turn too;
 * 3. each slice is deduplicated, then folded; where partitions were made more, what belongs elsewhere is sent on before. Between the two the batch must not be taken (`isBusy`), because the identities
 *    are in its pending layer already, and the other lane of the partition waits: the layer has one question at a time.
 */
export function createConsume(deps: ConsumeDeps) {
  /** The batch may be taken, and the other lane goes on. */
  function letGo(owned: OwnedPartition, folded: Slice): void {
    deps.noteCauses(owned.batch, folded);
    owned.isBusy = false;
    if (owned.waiting > 0) makeRoom(owned);
    deps.onWork();
  }

  /** Index of the next record, or null when the slab is not to be read on. */
  async function takeSlice(owned: OwnedPartition, slice: Slice): Promise<number | null> {
    owned.isBusy = true;
    const { epoch } = owned;
    if (owned.grown !== null) await deps.forward(owned, slice);
    // What was waited for is looked at by the one that waited: between a check in there and the going on here, another may rewind.
    // Offered then, identities would stand in the layer of the next reading, which takes their events for copies.
    if (owned.epoch !== epoch) return null;
    const deduped = await deps.dedupe(owned, slice);
    // A flush may fail in the very moment that this took, even where nothing was looked up: the partition reads again from
    // what is committed, and a slice of the time before, folded now, would move the offset past records that nobody folds.
    if (owned.epoch !== epoch) return null;
    // Left half done, the batch stays busy: its pending layer holds identities of events that are not folded, so it may
    // only be dropped.
    if (deduped.kind === 'overtaken') return null;
    if (deduped.slice.to > slice.from && !(await deps.fold(owned, deduped.slice))) return null;
    // Nor is a batch of after a rewind let go in the middle of a slice of its own.
    if (owned.epoch !== epoch) return null;
    letGo(owned, deduped.slice);
    if (deduped.unknown === null) return deduped.slice.to;
    deps.onUnknown(owned, { offset: slice.slab.offsets[deduped.slice.to] ?? 0, what: deduped.unknown });
    return null;
  }

  /** What a slice has to wait for; null: it can be taken now. */
  function obstacle(owned: OwnedPartition, { lane }: EventCursor): Promise<void> | null {
    if (owned.state !== 'running') return null;
    if (owned.isBusy || isFull(owned, deps.cellsMax())) return roomOf(owned);
    return lane === 'backfill' && deps.share.left() <= 0 ? deps.share.next() : null;
  }

  /** Resolves when nothing is in the way, or the partition was rewound or let go. */
  async function untilFree(owned: OwnedPartition, cursor: EventCursor, first: Promise<void>): Promise<void> {
    const { epoch } = owned;
    for (let wait: Promise<void> | null = first; wait !== null && owned.epoch === epoch; wait = obstacle(owned, cursor)) await wait;
  }

  function sliceEnd(owned: OwnedPartition, { lane }: EventCursor, at: { readonly slab: RecordSlab; readonly next: number }): number {
    const room = Math.min(owned.recordLimit - owned.batch.records, recordsOfCells(owned, deps.cellsMax()));
    const fits = Math.min(at.slab.count, at.next + SLICE_RECORDS_MAX[lane], at.next + room);
    return lane === 'live' ? fits : Math.min(fits, at.next + deps.share.left());
  }

  return async function consume(owned: OwnedPartition, cursor: EventCursor, slab: RecordSlab): Promise<void> {
    const { epoch } = owned;
    cursor.endOffset = Math.max(cursor.endOffset, slab.endOffset);
    let next = firstWanted(slab, cursor.folded);
    while (next < slab.count) {
      const wait = obstacle(owned, cursor);
      if (wait !== null) await untilFree(owned, cursor, wait);
      if (owned.epoch !== epoch || owned.state !== 'running') return;
      const to = sliceEnd(owned, cursor, { slab, next });
      const found = slab.offsets[to - 1] ?? 0;
      // Offsets rise by one, so the last one tells whether any before it is missing.
      if (found !== cursor.folded + (to - next) - 1) return deps.onGap(owned, { expected: cursor.folded, found });
      if (cursor.lane === 'backfill') deps.share.spend(to - next);
      const after = await takeSlice(owned, { slab, cursor, from: next, to, verdicts: new Uint8Array(to - next) });
      if (after === null) return;
      next = after;
      if (cursor.lane === 'backfill') await deps.breathe();
    }
  };
}

async function roomOf(owned: OwnedPartition): Promise<void> {
  owned.waiting += 1;
  try {
    await owned.room.promise;
  } finally {
    owned.waiting -= 1;
  }
}

function isFull({ batch, recordLimit, folder }: OwnedPartition, cellsMax: number): boolean {
  const rawBytes = batch.live.raw.sizeBytes + (batch.backfill?.raw.sizeBytes ?? 0);
  return batch.records >= recordLimit || rawBytes >= BATCH_RAW_BYTES_MAX || folder.cells() >= cellsMax;
}

/** As many records as are left room for, by what the batch before took for each. */
function recordsOfCells({ folder, cellsPerRecord }: OwnedPartition, cellsMax: number): number {
  return Math.max(1, Math.ceil((cellsMax - folder.cells()) / cellsPerRecord));
}

function firstWanted(slab: RecordSlab, offset: number): number {
  let index = 0;
  while (index < slab.count && (slab.offsets[index] ?? 0) < offset) index += 1;
  return index;
}
