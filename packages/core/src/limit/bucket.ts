import type { BucketPolicy } from './policy.ts';

/** What is kept of a bucket that is not full. A bucket without a state is full. */
export interface BucketState {
  /** Units of 1/q token that were left at `lastUs`. */
  readonly units: number;
  /** Epoch microseconds by the one clock of the store. */
  readonly lastUs: number;
  /** The q that the units are counted in: a policy may have changed since. */
  readonly q: number;
}

export interface BucketLevel {
  readonly policy: BucketPolicy;
  readonly state: BucketState | null;
  /** Tokens asked for: 0 looks without taking, a negative cost gives back. Whole, and at most the burst. */
  readonly cost: number;
}

export interface LevelOutcome {
  /** Units left after the decision. */
  readonly units: number;
  /** Microseconds until this level would have had enough; 0 where it had. */
  readonly waitUs: number;
  /** To be stored; null where the bucket is full. What it holds is for the caller to keep only when `allowed`. */
  readonly state: BucketState | null;
  /** Microseconds until the bucket is full again. */
  readonly fullAfterUs: number;
}

export interface BucketOutcome {
  /** Every level had enough, and every level was debited. Otherwise nothing was taken anywhere. */
  readonly allowed: boolean;
  readonly levels: readonly LevelOutcome[];
}

/** A clock that is behind a bucket by more than this, and by more than its time to full, has been set back on purpose. */
export const CLOCK_BACK_US_MAX = 5_000_000;

/** One decision over all levels: all of them pay or none does. The Lua of Redis does the same, operation by operation. */
export function takeTokens(levels: readonly BucketLevel[], nowUs: number): BucketOutcome {
  const refilled = levels.map((level) => refill(level, nowUs));
  const allowed = levels.every(({ policy, cost }, at) => (refilled[at]?.units ?? 0) >= cost * policy.q);
  return { allowed, levels: levels.map((level, at) => settle(level, refilled[at] ?? refill(level, nowUs), { nowUs, allowed })) };
}

/** Units at `nowUs`. `lastUs` stays ahead of now where the clock was set back a little: no time is credited twice. */
function refill({ policy, state }: BucketLevel, nowUs: number): { units: number; lastUs: number } {
  const { p, capacity } = policy;
  if (state === null) return { units: capacity, lastUs: nowUs };
  const units = rescale(state, policy);
  const elapsedUs = nowUs - state.lastUs;
  if (elapsedUs < 0) {
    const isReset = -elapsedUs > Math.max(CLOCK_BACK_US_MAX, ceilDivide(capacity, p));
    return { units, lastUs: isReset ? nowUs : state.lastUs };
  }
  // Compared before multiplying, so that no product leaves the exact integers however long the bucket lay.
  if (elapsedUs >= ceilDivide(capacity - units, p)) return { units: capacity, lastUs: nowUs };
  return { units: units + elapsedUs * p, lastUs: nowUs };
}

/** Whole tokens are carried over to a changed policy, at most its burst; a part of a token is not. */
function rescale(state: BucketState, { q, burst, capacity }: BucketPolicy): number {
  if (state.q === q) return Math.min(state.units, capacity);
  const tokens = (state.units - (state.units % state.q)) / state.q;
  return Math.min(tokens, burst) * q;
}

interface Moment {
  readonly nowUs: number;
  readonly allowed: boolean;
}

function settle({ policy, cost }: BucketLevel, before: { units: number; lastUs: number }, { nowUs, allowed }: Moment): LevelOutcome {
  const { p, q, capacity } = policy;
  const needed = cost * q;
  const units = allowed ? Math.min(capacity, before.units - needed) : before.units;
  const aheadUs = Math.max(0, before.lastUs - nowUs);
  return {
    units,
    waitUs: before.units >= needed ? 0 : ceilDivide(needed - before.units, p) + aheadUs,
    state: units === capacity ? null : { units, lastUs: before.lastUs, q },
    fullAfterUs: units === capacity ? 0 : ceilDivide(capacity - units, p) + aheadUs,
  };
}

/** Exact for all safe integers: the remainder is, and the rest of the division then comes out even. */
function ceilDivide(dividend: number, divisor: number): number {
  const rest = dividend % divisor;
  return (dividend - rest) / divisor + (rest > 0 ? 1 : 0);
}
