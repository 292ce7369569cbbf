import { createMemoryBuckets } from '../src/buckets-memory.ts';
import { bucketsContract } from './buckets.contract.ts';

bucketsContract('buckets in memory', () => {
  let keys = 0;
  return Promise.resolve({
    buckets: createMemoryBuckets({ nowUs: () => Math.round(performance.now() * 1_000) + 1_800_000_000_000_000 }),
    freshKey: () => `bucket-${(keys += 1)}`,
    close: () => Promise.resolve(),
  });
});
