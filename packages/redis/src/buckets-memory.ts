import type { BucketState } from '@tidegate/core';
import { takeTokens } from '@tidegate/core';
import type { Buckets } from './buckets/port.ts';

export interface MemoryBucketsOptions {
  /** Epoch microseconds. */
  readonly nowUs: () => number;
}

/** Buckets of one process, for tests: core's own arithmetic over a map. */
export function createMemoryBuckets({ nowUs }: MemoryBucketsOptions): Buckets {
  const states = new Map<string, BucketState>();
  return {
    take(asks) {
      const now = nowUs();
      const outcome = takeTokens(
        asks.map(({ key, policy, cost }) => ({ policy, cost, state: states.get(key) ?? null })),
        now,
      );
      for (const [at, { key, cost }] of asks.entries()) {
        const state = outcome.levels[at]?.state ?? null;
        if (!outcome.allowed || cost === 0) continue;
        if (state === null) states.delete(key);
        else states.set(key, state);
      }
      const levels = outcome.levels.map(({ units, waitUs, fullAfterUs }) => ({ units, waitUs, fullAfterUs }));
      return Promise.resolve({ allowed: outcome.allowed, nowUs: now, levels });
    },
  };
}
