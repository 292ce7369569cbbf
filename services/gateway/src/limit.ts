import type { BucketPolicy, LimitNumbers } from '@tidegate/core';
import { limitNumbers } from '@tidegate/core';
import type { Caller, LimitClass } from '@tidegate/http';
import type { Buckets } from '@tidegate/redis';
import { bucketKey } from '@tidegate/redis';
import type { Clock } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import type { Breaker } from './breaker.ts';

/** `open`: limits cannot be counted now, so nobody is held back and no numbers are told. */
export type LimitDecision = { readonly kind: 'allowed' | 'denied'; readonly numbers: LimitNumbers } | { readonly kind: 'open' };

export interface LimitDependencies {
  readonly buckets: Buckets;
  readonly policies: Readonly<Record<LimitClass, BucketPolicy>>;
  /** Begins every key. */
  readonly prefix: string;
  readonly breaker: Breaker;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

export type Limit = (caller: Caller, limitClass: LimitClass) => Promise<LimitDecision>;

/**
 * Takes one token of the caller's bucket of the class. Redis decides by its own clock, exactly; while it cannot be asked
 * the class is open, and a request waits for it at most as long as one command may take.
 */
export function createLimit({ buckets, policies, prefix, breaker, clock, metrics }: LimitDependencies): Limit {
  const duration = metrics.histogram('limiter_duration_seconds');
  const counted = (limitClass: LimitClass): Readonly<Record<LimitDecision['kind'], { inc(): void }>> => ({
    allowed: metrics.counter('limiter_decisions_total', { class: limitClass, result: 'allowed' }),
    denied: metrics.counter('limiter_decisions_total', { class: limitClass, result: 'denied' }),
    open: metrics.counter('limiter_decisions_total', { class: limitClass, result: 'open' }),
  });
  const counters = { ingest: counted('ingest'), api_key: counted('api_key') };

  async function decide({ tenant, keyId }: Caller, limitClass: LimitClass): Promise<LimitDecision> {
    if (!breaker.allows()) return { kind: 'open' };
    const policy = policies[limitClass];
    const key = bucketKey(prefix, { tenant, limitClass, subject: keyId });
    try {
      const { allowed, nowUs, levels } = await buckets.take([{ key, policy, cost: 1 }]);
      breaker.succeeded();
      const [level] = levels;
      if (level === undefined) return { kind: 'open' };
      return { kind: allowed ? 'allowed' : 'denied', numbers: limitNumbers({ policy, ...level }, nowUs) };
    } catch {
      // The breaker tells of it once; a line for each request would be a second outage.
      breaker.failed();
      return { kind: 'open' };
    }
  }

  return async function limit(caller, limitClass) {
    const startedMs = clock.monotonicMs();
    const decision = await decide(caller, limitClass);
    duration.observe((clock.monotonicMs() - startedMs) / 1_000);
    counters[limitClass][decision.kind].inc();
    return decision;
  };
}
