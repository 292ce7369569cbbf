import { createHmac, createSecretKey } from 'node:crypto';
import type { PolicySource } from '@tidegate/core';
import type { RecordBatch } from '@tidegate/kafka';
import type { Buckets } from '@tidegate/redis';
import { createDenyCache, createGroupCommit, createMemoryBuckets } from '@tidegate/redis';
import type { Clock, Random } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import { createAway } from './away.ts';
import type { LimitBook } from './book.ts';
import { createLimitBook } from './book.ts';
import { createBreaker } from './breaker.ts';
import { createDebts } from './debts.ts';
import type { DecisionLog } from './decision-log.ts';
import { createDecisionLog } from './decision-log.ts';
import type { Limit } from './limit.ts';
import { createLimit } from './limit.ts';
import type { Plans } from './plans.ts';
import { createPlans } from './plans.ts';

export interface LimitsOptions {
  /** The shared ones; a call that outlasts its budget rejects. */
  readonly buckets: Buckets;
  readonly settings: Readonly<Record<string, PolicySource>>;
  /** Begins every key. */
  readonly prefix: string;
  /** 32 bytes derived from `SECRET_KEY` under the label `tidegate/limits`. */
  readonly hashKey: Uint8Array;
  /** Whether one script reaches all keys; default: it does. */
  readonly isTogether?: boolean;
  /** Appends to decisions.v1. */
  readonly append: (batch: RecordBatch) => Promise<unknown>;
  /** Longest that a request waits to be counted, its wait for others of its group included. */
  readonly budgetMs: number;
  /** Names this process among the gateways. */
  readonly gateway: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface Limits {
  readonly limit: Limit;
  readonly book: LimitBook;
  readonly plans: Plans;
  readonly decisions: DecisionLog;
  /** Looks without taking; answers from nothing but the store. */
  readonly peek: Buckets['take'];
}

const LOCAL_BUCKETS_MAX = 100_000;

/** The limiter of a gateway: book → plan → known refusals → group → Redis, and what holds in its absence. */
export function createLimits(options: LimitsOptions): Limits {
  const { settings, prefix, hashKey, isTogether = true, append, gateway, clock, random, metrics, log } = options;
  const nowUs = (): number => Math.floor(clock.monotonicMs() * 1_000);
  const book = createLimitBook({ settings, log });
  const decisions = createDecisionLog({ append, gateway, clock, metrics, log });
  const breaker = watchedBreaker({ clock, random, metrics, log, decisions, onReturn: () => void debts.repay() });
  const shared = guarded(options.buckets, breaker);
  const { calls, requests } = { calls: metrics.counter('limiter_calls_total'), requests: metrics.counter('limiter_calls_requests_total') };
  const grouped = createGroupCommit({
    buckets: shared,
    budgetMs: options.budgetMs,
    monotonicMs: clock.monotonicMs,
    onCall: (count) => {
      calls.inc();
      requests.inc(count);
    },
  });
  const known = createDenyCache({ buckets: grouped, monotonicMs: clock.monotonicMs });
  const repaid = metrics.counter('limiter_debts_repaid_total');
  // Past the breaker, which counts what requests ask: one probe is one call, whatever is owed.
  const debts = createDebts({ buckets: options.buckets, onRepaid: (tokens) => repaid.inc(tokens) });
  const away = createAway({ debts, local: createMemoryBuckets({ nowUs, bucketsMax: LOCAL_BUCKETS_MAX }), nowUs });
  book.onChange(() => {
    known.clear();
    decisions.note('config', { version: book.version() });
  });
  const secret = createSecretKey(hashKey);
  const hash = (text: string): string => createHmac('sha256', secret).update(text).digest('base64url').slice(0, 22);
  const plans = createPlans({ book, prefix, hash });
  const limit = createLimit({ plans, buckets: known, breaker, away, decisions, clock, metrics, isTogether });
  return { limit, book, plans, decisions, peek: (asks, weight) => shared.take(asks, weight) };
}

/** The breaker counts calls, not the requests that wait for them. */
function guarded(buckets: Buckets, breaker: ReturnType<typeof createBreaker>): Buckets {
  async function counted<T>(call: Promise<T>): Promise<T> {
    try {
      const answer = await call;
      breaker.succeeded();
      return answer;
    } catch (error) {
      breaker.failed();
      throw error;
    }
  }
  return {
    take: (asks, weight) => counted(buckets.take(asks, weight)),
    takeGroup: (asks, weights, withinMs) => counted(buckets.takeGroup(asks, weights, withinMs)),
  };
}

interface WatchedBreaker extends Pick<LimitsOptions, 'clock' | 'random' | 'metrics' | 'log'> {
  readonly decisions: DecisionLog;
  readonly onReturn: () => void;
}

function watchedBreaker({ clock, random, metrics, log, decisions, onReturn }: WatchedBreaker): ReturnType<typeof createBreaker> {
  const gauges = [metrics.gauge('degraded', { reason: 'limits' }), metrics.gauge('rate_limiter_degraded')];
  for (const gauge of gauges) gauge.set(0);
  return createBreaker({
    clock,
    random,
    onChange: (isOpen) => {
      for (const gauge of gauges) gauge.set(isOpen ? 1 : 0);
      decisions.note('mode', { mode: isOpen ? 'uncounted' : 'counted' });
      if (isOpen) log.warn('limits_open', { detail: { cause: 'redis' } });
      else log.info('limits_counted_again');
      if (!isOpen) onReturn();
    },
  });
}
