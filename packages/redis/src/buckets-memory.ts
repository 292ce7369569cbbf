import type { BucketState } from '@tidegate/core';
import { takeGroup as decideGroup } from '@tidegate/core';
import type { BucketAsk, BucketDecision, Buckets } from './buckets/port.ts';

export interface MemoryBucketsOptions {
  /** Epoch microseconds. */
  readonly nowUs: () => number;
  /** Beyond so many buckets the one that was asked for longest ago is forgotten, and so full again; default: none is. */
  readonly bucketsMax?: number;
}

/** Buckets of one process. */
export interface MemoryBuckets extends Buckets {
  /** Decides at once. */
  decide(asks: readonly BucketAsk[], weight: number): BucketDecision;
  /** Sets a bucket to what it is known to hold. */
  seed(key: string, state: BucketState | null): void;
}

/** Buckets of one process: core's own arithmetic over a map. The twin of those in Redis, and what counts in their absence. */
export function createMemoryBuckets({ nowUs, bucketsMax = Number.POSITIVE_INFINITY }: MemoryBucketsOptions): MemoryBuckets {
  const states = new Map<string, BucketState>();

  function put(key: string, state: BucketState | null): void {
    states.delete(key);
    if (state === null) return;
    states.set(key, state);
    if (states.size <= bucketsMax) return;
    const [oldest] = states.keys();
    if (oldest !== undefined) states.delete(oldest);
  }

  function decide(asks: readonly BucketAsk[], weights: readonly number[]): readonly BucketDecision[] {
    const now = nowUs();
    const levels = asks.map((ask) => ({ ...ask, state: states.get(ask.key) ?? null }));
    const outcomes = decideGroup(levels, weights, now);
    for (const [at, { key }] of asks.entries()) {
      const taken = outcomes.reduce((sum, outcome) => sum + (outcome.levels[at]?.taken ?? 0), 0);
      if (taken !== 0) put(key, outcomes.at(-1)?.levels[at]?.state ?? null);
    }
    return outcomes.map((outcome) => ({
      allowed: outcome.allowed,
      nowUs: now,
      levels: outcome.levels.map(({ units, waitUs, fullAfterUs }) => ({ units, waitUs, fullAfterUs })),
    }));
  }

  const decideOne = (asks: readonly BucketAsk[], weight: number): BucketDecision =>
    decide(asks, [weight])[0] ?? { allowed: false, nowUs: 0, levels: [] };
  return {
    decide: decideOne,
    take: (asks, weight = 1) => Promise.resolve(decideOne(asks, weight)),
    takeGroup: (asks, weights) => Promise.resolve(decide(asks, weights)),
    seed: put,
  };
}
