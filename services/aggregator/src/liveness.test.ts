import { expect, test } from 'vitest';
import { createLiveness } from './liveness.ts';
import type { Liveness } from './liveness.ts';
import type { OwnedPartition } from './owned-partition.ts';

const LOOP_STILL_MS = 60_000;
const OFFSETS_STILL_MS = 120_000;

/** An aggregator that stands still, seen at a time that the test sets; its loop has just turned each time it is looked at. */
function watched(options: { readonly lag: number; readonly state?: OwnedPartition['state'] }) {
  let nowMs = 5_000;
  const partition = {
    state: options.state ?? 'running',
    live: { endOffset: 100 + options.lag, committed: 100 },
    backfill: { endOffset: 0, committed: 0 },
  };
  const liveness: Liveness = createLiveness({
    monotonicMs: () => nowMs,
    // Of a partition only these are looked at.
    owned: () => [partition as OwnedPartition],
  });
  return {
    liveness,
    partition,
    after: (ms: number) => void (nowMs += ms),
    /** Whether it is live that much later, its loop turning all the while. */
    isLiveAfter(ms: number): boolean {
      nowMs += ms;
      liveness.turned();
      return liveness.isLive();
    },
  };
}

test('a loop that has not turned for 60 s is not live, until it turns again', () => {
  const { liveness, after } = watched({ lag: 0 });
  after(LOOP_STILL_MS);
  expect(liveness.isLive()).toBe(true);
  after(1);
  expect(liveness.isLive()).toBe(false);
  liveness.turned();
  expect(liveness.isLive()).toBe(true);
});

test('with lag, and fetches and transactions that work, no offset moving for 120 s is not live', () => {
  const { liveness, isLiveAfter } = watched({ lag: 1 });
  expect(isLiveAfter(OFFSETS_STILL_MS)).toBe(true);
  expect(isLiveAfter(1)).toBe(false);
  liveness.moved();
  expect(isLiveAfter(OFFSETS_STILL_MS)).toBe(true);
});

test.each([
  { what: 'without lag', options: { lag: 0 } },
  { what: 'with lag of a partition that is stopped for a record it does not know', options: { lag: 1, state: 'stopped' as const } },
])('$what nothing has to move', ({ options }) => {
  const { isLiveAfter } = watched(options);
  expect([1, 2, 3].map(() => isLiveAfter(OFFSETS_STILL_MS))).toEqual([true, true, true]);
});

test('120 s count from when there was lag, not from the last event before a quiet hour', () => {
  const { partition, isLiveAfter } = watched({ lag: 0 });
  expect(isLiveAfter(3_600_000)).toBe(true);
  partition.live.endOffset += 1;
  expect(isLiveAfter(OFFSETS_STILL_MS)).toBe(true);
  expect(isLiveAfter(1)).toBe(false);
});

test.each(['committed', 'fetched'] as const)('a server that is down is no reason for a restart: %s has failed', (what) => {
  const { liveness, isLiveAfter } = watched({ lag: 1 });
  liveness[what](false);
  expect(isLiveAfter(10 * OFFSETS_STILL_MS)).toBe(true);
  liveness[what](true);
  expect(isLiveAfter(0)).toBe(false);
});

test('a server that is down is no excuse for a loop that stands still', () => {
  const { liveness, after } = watched({ lag: 1 });
  liveness.committed(false);
  liveness.fetched(false);
  after(LOOP_STILL_MS + 1);
  expect(liveness.isLive()).toBe(false);
});
