import { expect, test } from 'vitest';
import { reconnectMs } from '../src/connect.ts';

test('a lost connection is tried again after 50, 200 and 800 ms, then each 800, less up to half by lot', () => {
  const attempts = [1, 2, 3, 4, 1_000];
  expect(attempts.map((attempt) => reconnectMs(attempt, () => 1))).toEqual([50, 200, 800, 800, 800]);
  expect(attempts.map((attempt) => reconnectMs(attempt, () => 0))).toEqual([25, 100, 400, 400, 400]);
});
