import { expect, it } from 'vitest';
import { createCounted } from './counted.ts';

const receipts = Array.from({ length: 50 }, (_, at) => `r${at}`);

it('every receipt is asked for once, several at a time', async () => {
  const asked: string[] = [];
  let open = 0;
  let most = 0;
  const counted = createCounted(
    async (receipt) => {
      asked.push(receipt);
      most = Math.max(most, (open += 1));
      await Promise.resolve();
      open -= 1;
      return { counted: true };
    },
    () => 0,
  );
  expect(await counted(receipts, 1_000)).toBe(true);
  expect([asked, most]).toEqual([receipts, 8]);
  expect(await counted([], 1_000)).toBe(true);
});

it('one that is not counted in time, or whose log is gone, ends it: no other one is asked for', async () => {
  let clockMs = 0;
  const waits: number[] = [];
  const counted = createCounted(
    async (receipt, waitMs) => {
      if (receipt !== 'r3') return { counted: true };
      waits.push(waitMs);
      clockMs += waitMs;
      return { counted: false };
    },
    () => clockMs,
  );
  expect(await counted(receipts, 25_000)).toBe(false);
  expect(waits).toEqual([10_000, 10_000, 5_000, 0]);

  const asked: string[] = [];
  const gone = createCounted(
    async (receipt) => {
      asked.push(receipt);
      return { counted: false, log_changed: true };
    },
    () => 0,
  );
  expect(await gone(receipts, 25_000)).toBe(false);
  expect(asked).toHaveLength(8);
});

it('what cannot be asked rejects, and no other one is asked for', async () => {
  const asked: string[] = [];
  const counted = createCounted(
    async (receipt) => {
      asked.push(receipt);
      throw new Error('no gateway');
    },
    () => 0,
  );
  await expect(counted(receipts, 25_000)).rejects.toThrow('no gateway');
  expect(asked.length).toBeLessThanOrEqual(8);
});
