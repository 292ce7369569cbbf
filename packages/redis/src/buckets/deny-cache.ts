import type { BucketAnswer, BucketAsk, BucketDecision, Buckets } from './port.ts';

export interface DenyCacheOptions {
  readonly buckets: Buckets;
  readonly monotonicMs: () => number;
  /** Refusals that are remembered at once; the oldest is forgotten; default 10,000. */
  readonly entriesMax?: number;
}

export interface DenyCache extends Buckets {
  /** A bucket was given something back, or its policy changed. */
  forget(key: string): void;
  clear(): void;
}

/** A bucket that was found empty, and until when it must be. */
interface Refusal {
  /** Another policy under the same key knows nothing of this refusal. */
  readonly policy: BucketAsk['policy'];
  /** Of one request, all its weight; whoever asks for less may be admitted. */
  readonly tokens: number;
  readonly units: number;
  /** When the tokens may be there, by this process's monotonic clock. */
  readonly atMs: number;
  /** Until when this is believed. */
  readonly untilMs: number;
}

const ENTRIES_MAX = 10_000;
/** What another gateway gives back is not heard of here, so no refusal is believed for longer. */
const BELIEVED_MS_MAX = 1_000;

/**
 * Answers for the store while its answer is known: a bucket that lacked `tokens` cannot have them before it said so, unless it is
 * given something back or its policy changes. Counted from the moment before the store was asked, so it never refuses what the
 * store would admit. Under attack the store is asked for one refusal in a second.
 */
export function createDenyCache({ buckets, monotonicMs, entriesMax = ENTRIES_MAX }: DenyCacheOptions): DenyCache {
  const refusals = new Map<string, Refusal>();

  function find(ask: BucketAsk, weight: number, nowMs: number): Refusal | null {
    if (ask.kind === 'shadow' || ask.kind === 'drain') return null;
    const refusal = refusals.get(ask.key);
    if (refusal === undefined || refusal.policy !== ask.policy || ask.cost * weight < refusal.tokens) return null;
    if (nowMs < refusal.untilMs) return refusal;
    refusals.delete(ask.key);
    return null;
  }

  function answer(asks: readonly BucketAsk[], weight: number): BucketDecision | null {
    const nowMs = monotonicMs();
    let levels: BucketAnswer[] | null = null;
    for (const [at, ask] of asks.entries()) {
      const refusal = find(ask, weight, nowMs);
      if (refusal === null) continue;
      levels ??= asks.map(({ policy }) => ({ units: policy.capacity, waitUs: 0, fullAfterUs: 0 }));
      levels[at] = told(refusal, ask, nowMs);
    }
    return levels === null ? null : { allowed: false, nowUs: 0, levels, source: 'deny_cache' };
  }

  function remember(asks: readonly BucketAsk[], weight: number, { askedMs, decision }: Asked): void {
    for (const [at, { key, policy, cost, kind }] of asks.entries()) {
      const level = decision.levels[at];
      if (level === undefined || level.waitUs === 0 || kind === 'shadow' || kind === 'drain') continue;
      const atMs = askedMs + level.waitUs / 1_000;
      refusals.delete(key);
      refusals.set(key, { policy, tokens: cost * weight, units: level.units, atMs, untilMs: Math.min(atMs, askedMs + BELIEVED_MS_MAX) });
    }
    while (refusals.size > entriesMax) {
      const [oldest] = refusals.keys();
      if (oldest !== undefined) refusals.delete(oldest);
    }
  }

  return {
    async take(asks, weight = 1) {
      const known = refusals.size === 0 ? null : answer(asks, weight);
      if (known !== null) return known;
      const askedMs = monotonicMs();
      const decision = await buckets.take(asks, weight);
      if (!decision.allowed) remember(asks, weight, { askedMs, decision });
      return decision;
    },
    takeGroup: (asks, weights, withinMs) => buckets.takeGroup(asks, weights, withinMs),
    forget: (key) => void refusals.delete(key),
    clear: () => refusals.clear(),
  };
}

interface Asked {
  readonly askedMs: number;
  readonly decision: BucketDecision;
}

/** What the bucket holds by now: it has filled since, and by what is known nobody took from it. */
function told({ atMs, tokens }: Refusal, { policy, cost }: BucketAsk, nowMs: number): BucketAnswer {
  const waitUs = Math.ceil((atMs - nowMs) * 1_000);
  const units = Math.max(0, tokens * policy.q - waitUs * policy.p);
  const needed = Math.max(cost, tokens) * policy.q;
  return {
    units,
    waitUs: waitUs + Math.ceil((needed - tokens * policy.q) / policy.p),
    fullAfterUs: Math.ceil((policy.capacity - units) / policy.p),
  };
}
