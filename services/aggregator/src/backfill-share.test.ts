import { expect, test } from 'vitest';
import { createBackfillShare } from './backfill-share.ts';

/** A share in a loop whose flushes cost so much a record; returns what backfill may take in each turn, all of which it takes. */
function turns(of: { readonly live: number; readonly isBehind: boolean; readonly msPerRecord: number; readonly count: number }): number[] {
  const share = createBackfillShare(() => of.isBehind);
  return Array.from({ length: of.count }, () => {
    share.turned();
    const backfill = share.left();
    share.spend(backfill);
    expect(share.left()).toBe(0);
    share.flushed({ durationMs: (of.live + backfill) * of.msPerRecord, live: of.live, backfill });
    return backfill;
  });
}

test('while live events wait in the log backfill gets a tenth of what is counted, and no more', () => {
  const taken = turns({ live: 90_000, isBehind: true, msPerRecord: 0.01, count: 20 });
  // A tenth of all is a ninth of the other nine tenths.
  expect(taken.slice(1)).toEqual(Array.from({ length: 19 }, () => 10_000));
});

test('without live events it takes as much as a flush of some 100 ms holds', () => {
  const taken = turns({ live: 0, isBehind: false, msPerRecord: 0.01, count: 40 });
  const settled = taken.slice(20).map((records) => records * 0.01);
  expect(Math.max(...settled)).toBeLessThanOrEqual(200);
  expect(Math.min(...settled)).toBeGreaterThanOrEqual(25);
  expect(settled.reduce((sum, ms) => sum + ms, 0) / settled.length).toBeGreaterThan(50);
});

test('while live events arrive and are counted at once its records add 25 ms to a flush, twice that at most', () => {
  const taken = turns({ live: 500, isBehind: false, msPerRecord: 0.01, count: 40 });
  expect(Math.max(...taken.slice(20).map((records) => records * 0.01))).toBeLessThanOrEqual(50);
});

test('however dear a record is, some are taken in every turn', () => {
  expect(turns({ live: 10, isBehind: true, msPerRecord: 5, count: 5 })).toEqual([256, 256, 256, 256, 256]);
});

test('who waits goes on at the next turn', async () => {
  const share = createBackfillShare(() => false);
  share.spend(share.left());
  let isOn = false;
  const waiting = share.next().then(() => (isOn = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOn).toBe(false);
  share.turned();
  await waiting;
  expect(share.left()).toBeGreaterThan(0);
});
