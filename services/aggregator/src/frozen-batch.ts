import type { FoldedBatch, SealedThrough } from '@tidegate/core';
import type { BackfillMove, PartitionCommit } from '@tidegate/postgres';
import type { PreparedCells } from './prepared-cells.ts';
import { arrivalOf, createOpenBatch } from './open-batch.ts';
import type { OpenBatch } from './open-batch.ts';
import { makeRoom } from './owned-partition.ts';
import type { OwnedPartition } from './owned-partition.ts';
import { prepareEntities } from './prepared-entities.ts';
import type { PreparedEntities } from './prepared-entities.ts';
import { recordDigest } from './record-digest.ts';
import { restatedBy } from './restated.ts';
import type { RecordAt } from './record-digest.ts';

/** A batch on its way into Postgres. The partition folds on into the next one meanwhile. */
export interface FrozenBatch {
  readonly owned: OwnedPartition;
  readonly batch: OpenBatch;
  readonly folded: FoldedBatch;
  readonly cells: PreparedCells;
  /** Null: it changes no row. */
  readonly entities: PreparedEntities | null;
  readonly layer: number;
  readonly commit: PartitionCommit;
  /** What is sealed as of this commit. A slice may seal more before the commit is announced. */
  readonly sealed: SealedThrough;
  /** Where the backfill lane stands as of this commit. */
  readonly backfillNext: number;
}

/** Takes what the partition has folded and gives it room for the next batch. Batches of a partition are taken one at a time. */
export function freeze(
  owned: OwnedPartition,
  { nowMs, closedAfterS }: { readonly nowMs: number; readonly closedAfterS: number },
): FrozenBatch {
  const { batch, layer, live } = owned;
  const folded = owned.folder.take();
  owned.cellsPerRecord = Math.max(1, folded.deltas.length / Math.max(1, batch.records));
  const sealed = owned.window.seal(layer);
  const arrival = arrivalOf(batch);
  const hasEvents = Number.isFinite(arrival.toMs);
  const arrivalFromMs = hasEvents ? arrival.fromMs : nowMs;
  const arrivalToMs = hasEvents ? arrival.toMs : nowMs;
  const closing = { arrivalToMs, closedAfterS };
  const cells = owned.cells.prepare(folded, closing);
  const entities = prepareEntities(folded.entities, {
    projectionOf: owned.projectionOf,
    sharedRows: owned.sharedRows,
    prepare: (ofRows) => owned.cells.prepare(ofRows, closing),
    closing,
  });
  owned.layer = owned.window.begin();
  owned.batch = createOpenBatch(batch.live.raw.sizeBytes);
  const commit: PartitionCommit = {
    partition: owned.partition,
    token: owned.token,
    term: owned.term,
    commitNo: owned.commitNo + 1,
    live: { expected: live.committed, next: live.folded, lastRecordSha256: digestOf(batch.live.last) },
    backfill: backfillOf(owned, batch),
    rejectedLane:
      batch.lastRejected === null
        ? null
        : { expected: owned.rejected.committed, next: owned.rejected.folded, lastRecordSha256: digestOf(batch.lastRejected) },
    completeThroughMs: batch.live.last === null ? null : batch.live.arrivalToMs,
    rawRows: batch.live.raw.bytes(),
    arrivalDays: folded.days,
    series: cells.newSeries,
    cells,
    entities,
    identities: sealed.identities,
    generation: sealed.generation,
    arrivalFromMs,
    arrivalToMs,
    rejected: batch.rejected,
    restated: restatedBy(folded, closing),
    slice: null,
  };
  makeRoom(owned);
  const backfillNext = commit.backfill?.next ?? owned.backfill.committed;
  return { owned, batch, folded, cells, entities, layer, commit, sealed: owned.seals.through, backfillNext };
}

function backfillOf({ backfill }: OwnedPartition, { backfill: part }: OpenBatch): BackfillMove | null {
  if (part === null || part.last === null) return null;
  const { committed: expected, folded: next } = backfill;
  return { expected, next, lastRecordSha256: digestOf(part.last), throughMs: part.arrivalToMs, rawRows: part.raw.bytes() };
}

/** Once a batch, not once a slab: hashing the last record of each would cost more than finding it. */
function digestOf(last: RecordAt | null): Uint8Array | null {
  return last === null ? null : recordDigest(last);
}
