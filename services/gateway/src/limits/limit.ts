import type { BucketAnswer, BucketDecision, Buckets, DenyCache } from '@tidegate/redis';
import type { Clock } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import type { Away } from './away.ts';
import type { Breaker } from './breaker.ts';
import type { DecisionLog } from './decision-log.ts';
import type { LimitDecision } from './decision.ts';
import type { LimitedRequest, Plan, Plans } from './plans.ts';

export interface LimitDependencies {
  readonly plans: Plans;
  /** Answers refusals that are known, and sends the rest on. */
  readonly buckets: Pick<DenyCache, 'take' | 'forget'>;
  readonly breaker: Breaker;
  readonly away: Away;
  readonly decisions: DecisionLog;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Whether one script reaches all keys: so it is on one Redis, not on a cluster. */
  readonly isTogether: boolean;
}

export type Limit = (request: LimitedRequest) => Promise<LimitDecision>;

const EXEMPT: LimitDecision = { kind: 'exempt' };

/**
 * How much: takes the cost of a request from all its levels or from none. Redis decides by its own clock, exactly, in one round
 * trip; while it cannot be asked the request waits at most as long as one command may take, and then what its policies say
 * for that case holds.
 */
export function createLimit({ plans, buckets, breaker, away, decisions, clock, metrics, isTogether }: LimitDependencies): Limit {
  const duration = metrics.histogram('limiter_duration_seconds');
  const count = createCounters(metrics);
  const ask = isTogether ? (plan: Plan): Promise<BucketDecision> => buckets.take(plan.asks) : askInStages(buckets);

  async function decide(plan: Plan): Promise<LimitDecision> {
    if (!breaker.allows()) return away.decide(plan);
    away.payFirst(plan);
    let decision: BucketDecision;
    try {
      decision = await ask(plan);
    } catch {
      // The breaker tells of it once; a line for each request would be a second outage.
      return away.decide(plan);
    }
    const { allowed, nowUs, levels, source = 'redis' } = decision;
    if (source === 'redis') away.counted(plan, decision);
    return { kind: allowed ? 'allowed' : 'denied', plan, levels, nowUs, source };
  }

  return async function limit(request) {
    const plan = plans.of(request);
    if (plan.asks.length === 0) return EXEMPT;
    const startedMs = clock.monotonicMs();
    const decision = await decide(plan);
    duration.observe((clock.monotonicMs() - startedMs) / 1_000);
    count(plan, decision);
    decisions.record(plan, decision);
    return decision;
  };
}

/**
 * On a cluster the levels before authentication lie in another slot than the tenant's: one script each, in this order. What the
 * second refuses is given back to the first. If that is lost (the process dies, Redis leaves) those tokens stay spent: never more
 * than one cost for each request in flight, and always too few admitted, never too many.
 */
function askInStages(buckets: Pick<DenyCache, 'take' | 'forget'>): (plan: Plan) => Promise<BucketDecision> {
  return async function ask({ stages: [first = [], second = []] }) {
    if (first.length === 0) return buckets.take(second);
    const before = await buckets.take(first);
    if (!before.allowed || second.length === 0) return withRest(before, second.length);
    const after = await takeOrGiveBack(buckets, { first, second });
    return { ...after, levels: [...before.levels, ...after.levels] };
  };
}

type BothStages = Readonly<Record<'first' | 'second', Parameters<Buckets['take']>[0]>>;

async function takeOrGiveBack(buckets: Pick<DenyCache, 'take' | 'forget'>, { first, second }: BothStages): Promise<BucketDecision> {
  let isPaid = false;
  try {
    const decision = await buckets.take(second);
    isPaid = decision.allowed;
    return decision;
  } finally {
    if (!isPaid) giveBack(buckets, first);
  }
}

function giveBack(buckets: Pick<DenyCache, 'take' | 'forget'>, first: BothStages['first']): void {
  void buckets.take(first.map((ask) => ({ ...ask, cost: -ask.cost, kind: 'enforce' }))).catch(() => undefined);
  for (const { key } of first) buckets.forget(key);
}

/** Levels that were not asked are told as having all. */
function withRest(decision: BucketDecision, missing: number): BucketDecision {
  const unasked: BucketAnswer = { units: Number.MAX_SAFE_INTEGER, waitUs: 0, fullAfterUs: 0 };
  return { ...decision, levels: [...decision.levels, ...Array.from({ length: missing }, () => unasked)] };
}

/** Classes of tenants are many and named by them: on a metric they are one. */
function createCounters(metrics: Metrics): (plan: Plan, decision: LimitDecision) => void {
  const handles = new Map<string, { inc(): void }>();
  return function count({ limitClass: { name, source } }, decision) {
    const result = resultOf(decision);
    const limitClass = source === 'tenant' ? 'tenant' : name;
    let handle = handles.get(`${limitClass} ${result}`);
    if (handle === undefined) {
      handle = metrics.counter('limiter_decisions_total', { class: limitClass, result });
      handles.set(`${limitClass} ${result}`, handle);
    }
    handle.inc();
  };
}

function resultOf(decision: LimitDecision): string {
  if (decision.kind === 'uncounted') return decision.mode;
  return decision.kind === 'denied' && decision.source !== 'redis' ? `denied_${decision.source}` : decision.kind;
}
