import { describe, expect, test } from 'vitest';
import { freshnessOf } from './meta.ts';
import type { PartitionFreshness } from './meta.ts';

const NOW = 1_800_000_000_000;

function partition(changes: Partial<PartitionFreshness> = {}): PartitionFreshness {
  return {
    partition: 0,
    completeThroughMs: NOW - 1_000,
    nextOffset: 10,
    oldestUncountedMs: null,
    movedAtMs: NOW - 100,
    hasGap: false,
    ...changes,
  };
}

describe('what an answer claims', () => {
  test('it is complete through the least of its partitions, and through nothing while one is unknown', () => {
    expect(freshnessOf([partition(), partition({ completeThroughMs: NOW - 9_000 })], NOW).completeThroughMs).toBe(NOW - 9_000);
    expect(freshnessOf([partition(), partition({ completeThroughMs: null })], NOW)).toEqual({
      completeThroughMs: null,
      lagMs: 0,
      status: 'catching_up',
    });
    expect(freshnessOf([], NOW).completeThroughMs).toBeNull();
  });

  test('it is current below 5 s of lag, then catching up, and stalled when a partition with lag stood still for 60 s', () => {
    const statusAt = (lagMs: number, stoodMs: number): string =>
      freshnessOf([partition(), partition({ oldestUncountedMs: NOW - lagMs, movedAtMs: NOW - stoodMs })], NOW).status;
    expect(statusAt(4_999, 4_999)).toBe('current');
    expect(statusAt(5_000, 5_000)).toBe('catching_up');
    expect(statusAt(120_000, 59_999)).toBe('catching_up');
    expect(statusAt(120_000, 60_000)).toBe('stalled');
    // Idle for an hour, then one event: it lags by milliseconds and nothing is wrong.
    expect(statusAt(5, 3_600_000)).toBe('current');
  });

  test('accepted events that are gone from the log outrank everything', () => {
    expect(freshnessOf([partition(), partition({ hasGap: true })], NOW).status).toBe('incomplete');
  });
});
