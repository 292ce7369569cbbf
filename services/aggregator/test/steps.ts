import { createDedupWindow, createFolder, Lateness, UNSEALED } from '@tidegate/core';
import type { RecordSlab } from '@tidegate/kafka';
import { createCellStates } from '../src/cell-states.ts';
import { ErasedPersons } from '../src/erasure/erased-persons.ts';
import { createOpenBatch } from '../src/open-batch.ts';
import type { OwnedPartition } from '../src/owned-partition.ts';
import { createPartitionVersions } from '../src/partition-versions.ts';

/** A partition as `takeOver` makes it, for tests of single steps. */
export function ownedPartition(overrides: Partial<OwnedPartition> = {}): OwnedPartition {
  const window = createDedupWindow({ closeAt: 1_000, windowMs: 1e9, filterBytesMax: 1 << 20, closed: [] });
  const lane = { committed: 0, folded: 0, logGeneration: 1 };
  const events = { ...lane, endOffset: 0, searchUntil: 0 };
  return {
    partition: 0,
    token: new Uint8Array(16),
    term: 1,
    live: { lane: 'live', topic: 'events', ...events, refused: new Set() },
    backfill: { lane: 'backfill', topic: 'backfill', ...events, refused: new Set() },
    rejected: { topic: 'rejected', ...lane },
    window,
    folder: createFolder(() => null),
    projectionOf: (entity) => ({ entity, fold: null }),
    cells: createCellStates({ measuresOf: () => [], grainsOf: () => [], budgetedOf: () => [], cellsMax: 10, seriesMax: 10 }),
    ...{ grown: null, sharedRows: null, erased: new ErasedPersons([], 0) },
    versions: createPartitionVersions([]),
    ...{
      commitNo: 0,
      seals: UNSEALED,
      takenOverMs: 0,
      announcedCommitNo: 0,
      completeThroughMs: null,
      backfillThroughMs: null,
      state: 'running',
      epoch: 0,
      isBusy: false,
    },
    lateness: new Lateness(),
    batch: createOpenBatch(),
    layer: window.begin(),
    ...{ recordLimit: 100, cellsPerRecord: 1, room: Promise.withResolvers(), waiting: 0 },
    ...overrides,
  };
}

/** A slab of empty records. */
export function slabOf(offsets: readonly number[]): RecordSlab {
  const none = new Int32Array(offsets.length);
  return {
    ...{ topic: 'events', partition: 0, count: offsets.length, bytes: new Uint8Array(0), offsets: Float64Array.from(offsets) },
    ...{ timestampsMs: new Float64Array(offsets.length), keyStart: none, keyEnd: none, valueStart: none, valueEnd: none },
    ...{ headersStart: none, headersEnd: none, endOffset: 100, nextOffset: (offsets.at(-1) ?? 0) + 1 },
  };
}
