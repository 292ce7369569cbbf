/** Figures of caches (D-M7, D-P2), and what they advise (D-M10). */

/** 100 × hits / (hits + misses), two decimals; 0 of nothing. */
export function hitRatePct(hits: number, misses: number): number {
  return percentOf(hits, hits + misses);
}

/** 100 × errors / (hits + misses + errors), two decimals; 0 of nothing. */
export function errorRatePct({
  hits,
  misses,
  errors,
}: {
  readonly hits: number;
  readonly misses: number;
  readonly errors: number;
}): number {
  return percentOf(errors, hits + misses + errors);
}

function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((1e4 * part) / whole) / 100;
}

export interface CacheUse {
  readonly ttlS: number;
  readonly aimPct: number;
  readonly hits: number;
  readonly misses: number;
  /** Misses whose answer had changed, and those whose answer was gone before its time. */
  readonly changed: number;
  readonly evicted: number;
  /** Answers that were put away. */
  readonly writes: number;
  /** Different names. */
  readonly keys: number;
  /** How long was counted. */
  readonly periodS: number;
}

export type CacheAdvice =
  | { readonly advice: 'keep'; readonly ttlS: number; readonly why: 'at its aim' | 'too few look-ups' | 'no reason to change' }
  | { readonly advice: 'longer' | 'shorter'; readonly ttlS: number }
  | { readonly advice: 'memory first'; readonly ttlS: number };

const LOOKUPS_MIN = 1_000;
const TTL_MAX_S = 86_400;
const TTL_MIN_S = 60;
const SELDOM = 0.1;
const OFTEN = 1;
const EVICTED_SHARE = 0.1;

/** What the lifetime of a class should be (D-M10). */
export function adviseLifetime(use: CacheUse): CacheAdvice {
  const { ttlS, aimPct, hits, misses, evicted, writes } = use;
  if (hits + misses < LOOKUPS_MIN) return { advice: 'keep', ttlS, why: 'too few look-ups' };
  if (hitRatePct(hits, misses) >= aimPct) return { advice: 'keep', ttlS, why: 'at its aim' };
  if (writes > 0 && evicted / writes > EVICTED_SHARE) return { advice: 'memory first', ttlS };
  const changes = changesPerKeyAndTtl(use);
  if (changes < SELDOM && ttlS < TTL_MAX_S) return { advice: 'longer', ttlS: Math.min(TTL_MAX_S, 2 * ttlS) };
  if (changes > OFTEN && ttlS > TTL_MIN_S) return { advice: 'shorter', ttlS: Math.max(TTL_MIN_S, Math.floor(ttlS / 2)) };
  return { advice: 'keep', ttlS, why: 'no reason to change' };
}

function changesPerKeyAndTtl({ changed, keys, periodS, ttlS }: CacheUse): number {
  return keys === 0 || periodS === 0 ? 0 : (changed / keys) * (ttlS / periodS);
}
