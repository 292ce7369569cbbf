import { expect, test } from 'vitest';
import { createFlushSize } from './flush-size.ts';

test('partitions share the cells of a flush', () => {
  const size = createFlushSize();
  expect([0, 1, 12].map((partitions) => size.cellsPerPartition(partitions))).toEqual([60_000, 60_000, 5_000]);
});

test('after a flush that took too long the next one holds half as much as it did, down to a least', () => {
  const size = createFlushSize();
  size.flushed({ durationMs: 10_000, cells: 150_000 });
  expect(size.cellsPerPartition(1)).toBe(30_000);
  size.flushed({ durationMs: 3_000, cells: 20_000 });
  expect(size.cellsPerPartition(1)).toBe(10_000);
  for (let n = 0; n < 5; n += 1) size.flushed({ durationMs: 3_000, cells: 20_000 });
  expect(size.cellsPerPartition(1)).toBe(6_000);
});

test('full flushes that are soon done grow; what is in between, or not full, says nothing', () => {
  const size = createFlushSize();
  size.flushed({ durationMs: 100, cells: 1_000 });
  size.flushed({ durationMs: 1_500, cells: 60_000 });
  expect(size.cellsPerPartition(1)).toBe(60_000);
  size.flushed({ durationMs: 600, cells: 50_000 });
  expect(size.cellsPerPartition(1)).toBe(120_000);
  for (let n = 0; n < 5; n += 1) size.flushed({ durationMs: 600, cells: 240_000 });
  expect(size.cellsPerPartition(1)).toBe(240_000);
});
