import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createWrittenSeries } from './written-series.ts';

const idOf = (n: number): Uint8Array => createHash('sha256').update(String(n)).digest().subarray(0, 16);

test('a series is known from when it was written, and one that is met again and again is never forgotten', () => {
  const written = createWrittenSeries(100);
  expect(written.has(idOf(0))).toBe(false);
  written.add(idOf(0));
  for (let n = 1; n < 1_000; n += 1) {
    written.add(idOf(n));
    expect(written.has(idOf(n))).toBe(true);
    expect(written.has(idOf(0))).toBe(true);
  }
  // Two ages of 50 hold the last hundred at most; what came before is written again.
  expect(written.has(idOf(1))).toBe(false);
  written.clear();
  expect(written.has(idOf(999))).toBe(false);
});

test('millions of series take the memory of as many as it was made for', () => {
  const written = createWrittenSeries(20_000);
  for (let n = 0; n < 100_000; n += 1) written.add(idOf(n));
  // Two tables of 10,000, of 12 bytes at a load of at least 0.38 each, and half as much again while one doubles.
  expect(written.bytes()).toBeLessThan(2 * 10_000 * 48);
});
