import { expect, it } from 'vitest';
import { limitNumbers } from './limit-numbers.ts';

it('rounds what is left down and what is to be waited up', () => {
  const policy = { name: 'api_key', limit: 1_000, windowS: 60, burst: 1_000, p: 1, q: 60_000, capacity: 60_000_000 };
  // 1.5 tokens left, 0.0301 s to wait, full after 59.91 s, at 100.2 s since the epoch
  expect(limitNumbers({ policy, units: 90_000, waitUs: 30_100, fullAfterUs: 59_910_000 }, 100_200_000)).toEqual({
    policy: 'api_key',
    limit: 1_000,
    windowS: 60,
    remaining: 1,
    resetEpochS: 161,
    resetAfterS: 60,
    retryAfterS: 1,
  });
});
