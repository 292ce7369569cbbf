import { describe, expect, it } from 'vitest';
import { createConsume } from '../src/consume.ts';
import type { Slice } from '../src/fold.ts';
import type { OwnedPartition } from '../src/owned-partition.ts';
import { ownedPartition, slabOf } from './steps.ts';

/** A consume whose later steps only write down what they were given; `onDeduped` runs in the moment between the two. */
function recording(onDeduped: (owned: OwnedPartition) => void = () => undefined) {
  const folded: number[] = [];
  const gaps: unknown[] = [];
  const consume = createConsume({
    dedupe: async (owned, slice: Slice) => {
      await Promise.resolve();
      onDeduped(owned);
      return { kind: 'judged', slice, unknown: null };
    },
    fold: async (owned, { slab, from, to }) => {
      folded.push(...slab.offsets.subarray(from, to));
      owned.live.folded = (slab.offsets[to - 1] ?? 0) + 1;
      owned.batch.records += to - from;
      return true;
    },
    noteCauses: () => undefined,
    onWork: () => undefined,
    onGap: (_owned, at) => gaps.push(at),
    onUnknown: () => undefined,
  });
  return { consume, folded, gaps };
}

describe('consuming slabs', () => {
  it('skips what was folded before', async () => {
    const { consume, folded, gaps } = recording();
    const owned = ownedPartition();
    await consume(owned, slabOf([0, 1, 2]));
    await consume(owned, slabOf([1, 2, 3, 4]));
    expect(folded).toEqual([0, 1, 2, 3, 4]);
    expect(gaps).toEqual([]);
  });

  it('folds nothing of a slice that a failed flush overtook while it was deduplicated', async () => {
    const { consume, folded } = recording((owned) => {
      // What a rewind does: reading begins again below the slice.
      owned.epoch += 1;
      owned.live.folded = 0;
    });
    const owned = ownedPartition();
    owned.live.folded = 3;
    await consume(owned, slabOf([3, 4]));
    expect(folded).toEqual([]);
    expect(owned.live.folded).toBe(0);
  });

  it('folds nothing at a gap before a slab', async () => {
    const { consume, folded, gaps } = recording();
    await consume(ownedPartition(), slabOf([5, 6]));
    expect(folded).toEqual([]);
    expect(gaps).toHaveLength(1);
  });

  it('folds nothing at a gap inside a slab', async () => {
    const { consume, folded, gaps } = recording();
    await consume(ownedPartition(), slabOf([0, 1, 3]));
    expect(folded).toEqual([]);
    expect(gaps).toHaveLength(1);
  });

  it('waits with the rest of a slab until the full batch is taken, and drops it when the partition is rewound', async () => {
    const { consume, folded } = recording();
    const owned = ownedPartition({ recordLimit: 2 });
    const consuming = consume(owned, slabOf([0, 1, 2, 3, 4]));
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
});
