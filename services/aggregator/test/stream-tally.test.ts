import { lagQuantileMs } from '@tidegate/core';
import type { TallyRow } from '@tidegate/postgres';
import { afterEach, expect, it } from 'vitest';
import { createOpenBatch } from '../src/open-batch.ts';
import { createStreamTally, startTallying } from '../src/stream-tally.ts';

const NOW_MS = Date.UTC(2026, 10, 1, 12, 0, 30);
const MINUTE_MS = Date.UTC(2026, 10, 1, 12);

let stop: () => Promise<void> = async () => undefined;
afterEach(async () => stop());

/** A batch whose live events arrived evenly within two seconds, the last of them a second ago. */
function batchWith(counts: readonly (readonly [tenant: string, type: string, events: number])[]) {
  const batch = createOpenBatch();
  for (const [tenant, type, events] of counts) for (let n = 0; n < events; n += 1) batch.types.add(tenant, type, type !== '');
  batch.live.arrivalFromMs = NOW_MS - 3_000;
  batch.live.arrivalToMs = NOW_MS - 1_000;
  return { batch };
}

const eventsOf = (rows: readonly TallyRow[], what: TallyRow['what']) =>
  rows.filter((row) => row.what === what).map(({ tenant, name, events }) => [tenant, name, events]);

it('batches add up by tenant and type, copies apart, and what was taken is not taken again', () => {
  const tally = createStreamTally(() => NOW_MS);
  tally.flushed([
    batchWith([
      ['acme', 'sale', 3],
      ['acme', 'visit', 1],
      ['zoo', 'sale', 2],
      ['acme', '', 4],
    ]),
    batchWith([['acme', 'sale', 5]]),
  ]);
  const rows = tally.take();
  expect(eventsOf(rows, 'type')).toEqual([
    ['acme', 'sale', 8],
    ['acme', 'visit', 1],
    ['zoo', 'sale', 2],
  ]);
  expect(eventsOf(rows, 'copies')).toEqual([['acme', '', 4]]);
  expect(rows.every((row) => row.minuteMs === MINUTE_MS && row.lastAtMs === NOW_MS - 1_000)).toBe(true);
  expect(tally.take()).toEqual([]);
});

it('lags are those of events that arrive evenly: of 1 to 3 seconds the median is 2', () => {
  const tally = createStreamTally(() => NOW_MS);
  tally.flushed([batchWith([['acme', 'sale', 1_000]])]);
  const classes = new Map(
    tally
      .take()
      .filter(({ what }) => what === 'lag')
      .map(({ name, events }) => [Number(name), events]),
  );
  expect([...classes.values()].reduce((sum, count) => sum + count, 0)).toBe(1_000);
  // Points at 1.25, 1.75, 2.25 and 2.75 s stand for a quarter each; a class is 5 % wide on either side.
  expect(Math.abs((lagQuantileMs(classes, 0.5) ?? 0) - 2_000)).toBeLessThan(0.2 * 2_000);
  expect(Math.abs((lagQuantileMs(classes, 0.99) ?? 0) - 2_750)).toBeLessThan(0.05 * 2_750);
});

it('the longest of a minute is told as it was, of events that waited for a new owner too', () => {
  const tally = createStreamTally(() => NOW_MS);
  const waited = batchWith([['acme', 'sale', 2]]);
  // Nobody owned the partition for a minute and a half.
  waited.batch.live.arrivalFromMs = NOW_MS - 90_000;
  tally.flushed([batchWith([['acme', 'sale', 4]]), waited, batchWith([['zoo', 'sale', 4]])]);
  const longest = new Map<string, number>();
  for (const { tenant, what, longestMs } of tally.take())
    if (what === 'lag') longest.set(tenant, Math.max(longest.get(tenant) ?? 0, longestMs));
  expect([...longest]).toEqual([
    ['acme', 90_000],
    ['zoo', 3_000],
  ]);
});

it('what cannot be written is written with what comes next, once; the rest is written at the end', async () => {
  const tally = createStreamTally(() => NOW_MS);
  const written: (readonly TallyRow[])[] = [];
  let isAway = true;
  const failures: unknown[] = [];
  const turns: PromiseWithResolvers<void>[] = [];
  stop = startTallying({
    tally,
    store: {
      async add(rows) {
        if (isAway) throw new Error('away');
        written.push(rows);
      },
      prune: async () => undefined,
    },
    sleep: async (_ms, signal) => {
      const turn = Promise.withResolvers<void>();
      turns.push(turn);
      signal.addEventListener('abort', () => turn.resolve());
      return turn.promise;
    },
    everyMs: 5_000,
    onError: (error) => failures.push(error),
  });
  tally.flushed([batchWith([['acme', 'sale', 1]])]);
  await expect.poll(() => turns.length).toBe(1);
  turns[0]?.resolve();
  await expect.poll(() => failures.length).toBe(1);
  isAway = false;
  tally.flushed([batchWith([['acme', 'sale', 2]])]);
  await stop();
  expect(written.map((rows) => eventsOf(rows, 'type'))).toEqual([[['acme', 'sale', 3]]]);
});
