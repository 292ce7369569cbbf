import { describe, expect, it } from 'vitest';
import { createBackfillShare } from '../src/backfill-share.ts';
import { createConsume } from '../src/consume.ts';
import { VERDICT } from '../src/fold.ts';
import type { Slice } from '../src/fold.ts';
import { rewind } from '../src/owned-partition.ts';
import type { OwnedPartition } from '../src/owned-partition.ts';
import { ownedPartition, slabOf } from './steps.ts';

/** Put before the offsets of that lane. */
const BACKFILL = 1_000;

/** A consume whose later steps only write down what they were given; `onDeduped` runs in the moment between the two. */
function recording(
  onDeduped: (owned: OwnedPartition) => void = () => undefined,
  share = createBackfillShare(() => false),
  cellsMax = Number.POSITIVE_INFINITY,
) {
  const folded: number[] = [];
  const gaps: unknown[] = [];
  const seen = { underWay: 0, atOnce: 0 };
  const consume = createConsume({
    forward: async () => undefined,
    dedupe: async (owned, slice: Slice) => {
      seen.underWay += 1;
      seen.atOnce = Math.max(seen.atOnce, seen.underWay);
      await Promise.resolve();
      onDeduped(owned);
      return { kind: 'judged', slice, unknown: null };
    },
    fold: async (owned, { slab, cursor, from, to }) => {
      for (const offset of slab.offsets.subarray(from, to)) folded.push(cursor.lane === 'live' ? offset : BACKFILL + offset);
      seen.underWay -= 1;
      cursor.folded = (slab.offsets[to - 1] ?? 0) + 1;
      owned.batch.records += to - from;
      return true;
    },
    noteCauses: () => undefined,
    share,
    breathe: async () => undefined,
    cellsMax: () => cellsMax,
    onWork: () => undefined,
    onGap: (_owned, at) => gaps.push(at),
    onUnknown: () => undefined,
  });
  return { consume, folded, gaps, seen };
}

/** A consume with a pending layer, whose steps wait as the true ones do: what is offered in it once is a copy from then on. */
function layered(owned: OwnedPartition) {
  const layer = new Set<number>();
  const folded: number[] = [];
  let foldedFreed = 0;
  const consume = createConsume({
    forward: async () => Promise.resolve(),
    dedupe: async (_owned, slice: Slice) => {
      for (let i = slice.from; i < slice.to; i += 1) {
        const offset = slice.slab.offsets[i] ?? -1;
        slice.verdicts[i - slice.from] = layer.has(offset) ? VERDICT.copy : VERDICT.first;
        layer.add(offset);
      }
      await Promise.resolve();
      return { kind: 'judged', slice, unknown: null };
    },
    fold: async ({ isBusy }, { slab, cursor, from, to, verdicts }) => {
      if (!isBusy) foldedFreed += 1;
      for (let i = from; i < to; i += 1) if (verdicts[i - from] === VERDICT.first) folded.push(slab.offsets[i] ?? -1);
      cursor.folded = (slab.offsets[to - 1] ?? 0) + 1;
      return true;
    },
    ...{ noteCauses: () => undefined, share: createBackfillShare(() => false), breathe: async () => undefined },
    ...{ cellsMax: () => Number.POSITIVE_INFINITY, onWork: () => undefined, onGap: () => undefined, onUnknown: () => undefined },
  });
  return {
    consume,
    folded,
    foldedFreed: () => foldedFreed,
    failFlush() {
      rewind(owned, owned.layer);
      layer.clear();
      folded.length = 0;
    },
  };
}

describe('consuming slabs', () => {
  it('skips what was folded before', async () => {
    const { consume, folded, gaps } = recording();
    const owned = ownedPartition();
    await consume(owned, owned.live, slabOf([0, 1, 2]));
    await consume(owned, owned.live, slabOf([1, 2, 3, 4]));
    expect(folded).toEqual([0, 1, 2, 3, 4]);
    expect(gaps).toEqual([]);
  });

  it('reads no more than the cells of a flush allow, and goes on when the batch is taken', async () => {
    const { consume, folded } = recording(undefined, undefined, 6);
    let cells = 0;
    const owned = ownedPartition({ cellsPerRecord: 3 });
    Object.assign(owned, { folder: { ...owned.folder, cells: () => cells } });
    const room = owned.room;
    const consuming = consume(owned, owned.live, slabOf([0, 1, 2, 3, 4]));
    await Promise.resolve();
    // Two records may have six cells.
    cells = 6;
    await new Promise((done) => setImmediate(done));
    expect(folded).toEqual([0, 1]);
    cells = 0;
    owned.cellsPerRecord = 1;
    room.resolve();
    await consuming;
    expect(folded).toEqual([0, 1, 2, 3, 4]);
  });

  it('folds nothing of a slice that a failed flush overtook while it was deduplicated', async () => {
    const { consume, folded } = recording((owned) => {
      // What a rewind does: reading begins again below the slice.
      owned.epoch += 1;
      owned.live.folded = 0;
    });
    const owned = ownedPartition();
    owned.live.folded = 3;
    await consume(owned, owned.live, slabOf([3, 4]));
    expect(folded).toEqual([]);
    expect(owned.live.folded).toBe(0);
  });

  it('folds nothing at a gap before a slab', async () => {
    const { consume, folded, gaps } = recording();
    const owned = ownedPartition();
    await consume(owned, owned.live, slabOf([5, 6]));
    expect(folded).toEqual([]);
    expect(gaps).toHaveLength(1);
  });

  it('folds nothing at a gap inside a slab', async () => {
    const { consume, folded, gaps } = recording();
    const owned = ownedPartition();
    await consume(owned, owned.live, slabOf([0, 1, 3]));
    expect(folded).toEqual([]);
    expect(gaps).toHaveLength(1);
  });

  it('waits with the rest of a slab until the full batch is taken, and drops it when the partition is rewound', async () => {
    const { consume, folded } = recording();
    const owned = ownedPartition({ recordLimit: 2 });
    const consuming = consume(owned, owned.live, slabOf([0, 1, 2, 3, 4]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(folded).toEqual([0, 1]);
    owned.batch.records = 0;
    owned.room.resolve();
    owned.room = Promise.withResolvers();
    await new Promise((resolve) => setImmediate(resolve));
    expect(folded).toEqual([0, 1, 2, 3]);
    owned.epoch += 1;
    owned.batch.records = 0;
    owned.room.resolve();
    await consuming;
    expect(folded).toEqual([0, 1, 2, 3]);
  });

  it('takes one slice of either lane at a time, so that no lookup of one meets the other', async () => {
    const { consume, folded, seen } = recording();
    const owned = ownedPartition();
    await Promise.all([consume(owned, owned.live, slabOf([0, 1])), consume(owned, owned.backfill, slabOf([0, 1]))]);
    expect(folded.toSorted((one, other) => one - other)).toEqual([0, 1, BACKFILL, BACKFILL + 1]);
    expect(seen.atOnce).toBe(1);
  });

  it('takes no more of the backfill lane in a turn than its share, and live slabs without asking for it', async () => {
    const share = createBackfillShare(() => false);
    share.spend(share.left() - 3);
    const { consume, folded } = recording(undefined, share);
    const owned = ownedPartition();
    const consuming = consume(owned, owned.backfill, slabOf([0, 1, 2, 3, 4]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(owned.backfill.folded).toBe(3);
    await consume(owned, owned.live, slabOf([0, 1, 2, 3]));
    expect(owned.live.folded).toBe(4);
    share.turned();
    await consuming;
    expect([owned.backfill.folded, folded.length]).toEqual([5, 9]);
  });

  it.each([null, { first: 1, count: 2 }])(
    'folds every record once, in whichever moment of a slice a flush fails, grown: %j',
    async (grown) => {
      for (let moment = 0; moment < 30; moment += 1) {
        const owned = ownedPartition({ grown });
        const { consume, folded, foldedFreed, failFlush } = layered(owned);
        const slab = slabOf([0, 1, 2, 3, 4]);
        const overtaken = consume(owned, owned.live, slab);
        for (let passed = 0; passed < moment; passed += 1) await Promise.resolve();
        failFlush();
        await Promise.all([overtaken, consume(owned, owned.live, slab)]);
        expect({ moment, folded, foldedFreed: foldedFreed() }).toEqual({ moment, folded: [0, 1, 2, 3, 4], foldedFreed: 0 });
      }
    },
  );
});
