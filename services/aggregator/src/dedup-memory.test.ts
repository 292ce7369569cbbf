import { createHash } from 'node:crypto';
import { createDedupWindow } from '@tidegate/core';
import { expect, test } from 'vitest';
import { shareDedupMemory } from './dedup-memory.ts';

const MB = 1_048_576;
const SPAN = { arrivalFromMs: 0, arrivalToMs: 1 };
/** Pending layers are made for a batch, whatever the share: 4,096 identities, doubled once. */
const LAYER_BYTES_MAX = 128 * 1_024;

test('an open generation stays within its share of the memory at every size, up to the one at which it closes', () => {
  const partitions = 64;
  const memoryBytes = 64 * MB;
  const { closeAt, filterBytesMax } = shareDedupMemory(memoryBytes, partitions);
  const window = createDedupWindow({ closeAt, windowMs: 1e9, filterBytesMax, closed: [] });
  let most = 0;
  for (let n = 0; n < closeAt; n += 1) {
    const layer = window.begin();
    window.offer(createHash('sha256').update(String(n)).digest(), 0);
    window.seal(layer);
    window.commit(layer, SPAN);
    if (n % 64 === 0) most = Math.max(most, window.size().memoryBytes);
  }
  expect(window.generationsToClose()).toHaveLength(1);
  expect(most).toBeLessThan(memoryBytes / 2 / partitions + LAYER_BYTES_MAX);
  // Not by closing far too early: two thirds of the share are used.
  expect(most).toBeGreaterThan(memoryBytes / 2 / partitions / 1.6);
});

test.each([
  [512, 12],
  [512, 48],
  [16, 1_000],
  [65_536, 1],
])('%i MB over %i partitions: filters and full generations of all of them fit together', (megabytes, partitions) => {
  const { closeAt, filterBytesMax } = shareDedupMemory(megabytes * MB, partitions);
  expect(partitions * (filterBytesMax + closeAt * 24)).toBeLessThanOrEqual(megabytes * MB);
  expect(closeAt).toBeGreaterThan(0);
  expect(closeAt, 'a take-over reads at most 48 MB of journal').toBeLessThanOrEqual(4_000_000);
});
