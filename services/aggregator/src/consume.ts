import type { RecordSlab } from '@tidegate/kafka';
import type { NoteCauses } from './causes.ts';
import type { createDedupe } from './dedupe.ts';
import type { createFold, Slice } from './fold.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** Records judged at once: bounds what waits while identities are looked up. */
const SLICE_RECORDS_MAX = 4_096;
/** Raw rows a batch holds before reading waits for a flush. */
const BATCH_RAW_BYTES_MAX = 8 * 1_048_576;

export interface ConsumeDeps {
  readonly dedupe: ReturnType<typeof createDedupe>;
  readonly fold: ReturnType<typeof createFold>;
  readonly noteCauses: NoteCauses;
  /** There is something to flush. */
  readonly onWork: () => void;
  /** The log skipped offsets: nothing may be counted before it is known why. */
  readonly onGap: (owned: OwnedPartition, at: { readonly expected: number; readonly found: number }) => void;
  /** A record that only a newer aggregator understands. */
  readonly onUnknown: (owned: OwnedPartition, at: { readonly offset: number; readonly what: string }) => void;
}

/**
 * Takes a slab of events.v1 in offset order:
 * 1. what is below the next wanted offset was folded before and is skipped; what begins above it is a gap and a fault;
 * 2. the slab is cut into slices that fit the open batch; when it is full, reading waits for the flush;
 * 3. each slice is deduplicated, then folded. Between the two the batch must not be taken (`isBusy`), because the identities
 *    are in its pending layer already.
 */
export function createConsume(deps: ConsumeDeps) {
  /** Index of the next record, or null when the slab is not to be read on. */
  async function takeSlice(owned: OwnedPartition, slice: Slice): Promise<number | null> {
    owned.isBusy = true;
    const { epoch } = owned;
    const deduped = await deps.dedupe(owned, slice);
    // A flush may fail in the very moment that this took, even where nothing was looked up: the partition reads again from
    // what is committed, and a slice of the time before, folded now, would move the offset past records that nobody folds.
    if (owned.epoch !== epoch) return null;
    // Left half done, the batch stays busy: its pending layer holds identities of events that are not folded, so it may
    // only be dropped.
    if (deduped.kind === 'overtaken') return null;
    if (deduped.slice.to > slice.from && !(await deps.fold(owned, deduped.slice))) return null;
    deps.noteCauses(owned.batch, deduped.slice);
    owned.isBusy = false;
    deps.onWork();
    if (deduped.unknown === null) return deduped.slice.to;
    deps.onUnknown(owned, { offset: slice.slab.offsets[deduped.slice.to] ?? 0, what: deduped.unknown });
    return null;
  }

  return async function consume(owned: OwnedPartition, slab: RecordSlab): Promise<void> {
    const { epoch } = owned;
    owned.endOffset = Math.max(owned.endOffset, slab.endOffset);
    let next = firstWanted(slab, owned.live.folded);
    while (next < slab.count) {
      while (isFull(owned)) await owned.room.promise;
      if (owned.epoch !== epoch || owned.state !== 'running') return;
      const to = Math.min(slab.count, next + SLICE_RECORDS_MAX, next + owned.recordLimit - owned.batch.records);
      const found = slab.offsets[to - 1] ?? 0;
      // Offsets rise by one, so the last one tells whether any before it is missing.
      if (found !== owned.live.folded + (to - next) - 1) return deps.onGap(owned, { expected: owned.live.folded, found });
      const after = await takeSlice(owned, { slab, from: next, to, verdicts: new Uint8Array(to - next) });
      if (after === null) return;
      next = after;
    }
  };
}

function isFull(owned: OwnedPartition): boolean {
  return owned.state === 'running' && (owned.batch.records >= owned.recordLimit || owned.batch.raw.sizeBytes >= BATCH_RAW_BYTES_MAX);
}

function firstWanted(slab: RecordSlab, offset: number): number {
  let index = 0;
  while (index < slab.count && (slab.offsets[index] ?? 0) < offset) index += 1;
  return index;
}
