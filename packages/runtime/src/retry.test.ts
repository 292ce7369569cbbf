import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, pause, retry } from './retry.ts';

const backoff = { firstMs: 100, capMs: 2_000 };

test('waits double from the first to the cap, each between its half and its whole', () => {
  // 100, 200, 400, 800, 1600, then the cap of 2000.
  const ceilings = [100, 200, 400, 800, 1_600, 2_000, 2_000];
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (draw) => {
      ceilings.forEach((ceiling, index) => {
        const waitMs = backoffMs(backoff, index + 1, () => draw);
        expect(waitMs).toBeGreaterThanOrEqual(ceiling / 2);
        expect(waitMs).toBeLessThanOrEqual(ceiling);
      });
    }),
  );
});

test('an action is tried until it works, and its value is the answer', async () => {
  const waits: number[] = [];
  const options = { ...backoff, random: () => 1, wait: async (ms: number) => void waits.push(ms) };
  const value = await retry(async (attempt) => {
    if (attempt < 4) throw new Error('not yet');
    return attempt;
  }, options);
  expect(value).toBe(4);
  expect(waits).toEqual([100, 200, 400]);
});

test('spent attempts and errors that are not worth another give the last error', async () => {
  let calls = 0;
  const action = async (): Promise<never> => {
    calls += 1;
    throw new Error(`failure ${calls}`);
  };
  await expect(retry(action, { ...backoff, attempts: 3, wait: async () => undefined })).rejects.toThrow('failure 3');
  await expect(retry(action, { ...backoff, isRetryable: () => false })).rejects.toThrow('failure 4');
});

test('an abort ends the wait at once with its reason', async () => {
  const abort = new AbortController();
  const waiting = pause(600_000, abort.signal);
  abort.abort(new Error('draining'));
  await expect(waiting).rejects.toThrow('draining');
  await expect(retry(async () => 1, { ...backoff, signal: abort.signal })).rejects.toThrow('draining');
});
