import { expect, test } from 'vitest';
import { adviseLifetime, errorRatePct, hitRatePct } from './cache-figures.ts';

test.each([
  // Worked values of the requirement (M-02).
  [100, 20, 83.33],
  [1_500, 200, 88.24],
  [50, 5, 90.91],
  [0, 0, 0],
])('%d hits and %d misses are %d percent', (hits, misses, pct) => {
  expect(hitRatePct(hits, misses)).toBe(pct);
});

test('errors are a share of all look-ups, and none of nothing', () => {
  // 100 × 5 / (80 + 15 + 5) = 5.
  expect([errorRatePct({ hits: 80, misses: 15, errors: 5 }), errorRatePct({ hits: 0, misses: 0, errors: 0 })]).toEqual([5, 0]);
});

const USE = { ttlS: 600, aimPct: 80, hits: 500, misses: 500, changed: 0, evicted: 0, writes: 500, keys: 100, periodS: 6_000 };

test.each([
  ['seldom changed data is kept twice as long', {}, { advice: 'longer', ttlS: 1_200 }],
  ['but never longer than a day', { ttlS: 50_000 }, { advice: 'longer', ttlS: 86_400 }],
  // 1,100 changes of 100 keys in ten lifetimes: 1.1 of each in one.
  ['what changes more than once in its lifetime is kept half as long', { changed: 1_100 }, { advice: 'shorter', ttlS: 300 }],
  ['but never shorter than a minute', { ttlS: 100, changed: 70_000 }, { advice: 'shorter', ttlS: 60 }],
  // 500 of 100 keys in ten lifetimes: 0.5.
  ['between the two nothing is changed', { changed: 500 }, { advice: 'keep', ttlS: 600, why: 'no reason to change' }],
  ['where answers are evicted memory comes first', { evicted: 51 }, { advice: 'memory first', ttlS: 600 }],
  ['at its aim a class stays as it is', { hits: 800, misses: 200 }, { advice: 'keep', ttlS: 600, why: 'at its aim' }],
  ['a thousand look-ups are needed', { hits: 0, misses: 999 }, { advice: 'keep', ttlS: 600, why: 'too few look-ups' }],
])('%s', (_, changes, advice) => {
  expect(adviseLifetime({ ...USE, ...changes })).toEqual(advice);
});
