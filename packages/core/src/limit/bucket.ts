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

/**
 * | kind    | must have its cost | pays                                              |
 * |---------|--------------------|---------------------------------------------------|
 * | enforce | yes                | its cost                                          |
 * | shadow  | no                 | its cost where it has it: only shows what would be |
 * | guard   | yes                | nothing: somebody else pays, after the fact       |
 * | drain   | no                 | what it has of its cost: a debt is paid back      |
 */
export type LevelKind = 'enforce' | 'shadow' | 'guard' | 'drain';

export interface BucketLevel {
  readonly policy: BucketPolicy;
  readonly state: BucketState | null;
  /** Tokens asked for: 0 looks without taking, a negative cost gives back. Whole, and at most the burst. */
  readonly cost: number;
  /** Default `enforce`. */
  readonly kind?: LevelKind;
}

export interface LevelOutcome {
  /** Units left after the decision. */
  readonly units: number;
  /** Units that it took. Where they come to 0 the store leaves the bucket as it is. */
  readonly taken: number;
  /** Microseconds until this level would have had enough; 0 where it had. */
  readonly waitUs: number;
  /** To be stored; null where the bucket is full. What it holds is for the caller to keep only when `allowed`. */
  readonly state: BucketState | null;
  /** Microseconds until the bucket is full again. */
  readonly fullAfterUs: number;
}

export interface BucketOutcome {
  /** Every level that must have enough had it, and paid. Otherwise nothing was taken anywhere. */
  readonly allowed: boolean;
  readonly levels: readonly LevelOutcome[];
}

/** A clock that is behind a bucket by more than this, and by more than its time to full, has been set back on purpose. */
export const CLOCK_BACK_US_MAX = 5_000_000;

/** One decision over all levels: all of them pay or none does. The Lua of Redis does the same, operation by operation. */
export function takeTokens(levels: readonly BucketLevel[], nowUs: number): BucketOutcome {
  const [outcome] = takeGroup(levels, [1], nowUs);
  return outcome ?? { allowed: false, levels: [] };
}

/**
 * Decisions for several requests over the same levels at one moment, first come first served: the same as one `takeTokens`
 * after another. Request j asks each level for `cost × weights[j]`.
 */
export function takeGroup(levels: readonly BucketLevel[], weights: readonly number[], nowUs: number): readonly BucketOutcome[] {
  const standing = levels.map((level) => refill(level, nowUs));
  return weights.map((weight) => {
    const lacks = standing.map(({ units }, at) => units < neededBy(levels[at], weight));
    const allowed = levels.every(({ kind = 'enforce' }, at) => lacks[at] === false || kind === 'shadow' || kind === 'drain');
    const outcomes = levels.map((level, at) => {
      const stood = standing[at] ?? refill(level, nowUs);
      const needed = neededBy(level, weight);
      const units = allowed ? paid(level, stood.units, needed) : stood.units;
      standing[at] = { ...stood, units };
      const measured = measureLevel(level.policy, { units, aheadUs: Math.max(0, stood.lastUs - nowUs) }, lacks[at] === true ? needed : 0);
      return { ...measured, taken: stood.units - units, state: stateOf(level, { units, lastUs: stood.lastUs }) };
    });
    return { allowed, levels: outcomes };
  });
}

function neededBy(level: BucketLevel | undefined, weight: number): number {
  return level === undefined ? 0 : level.cost * weight * level.policy.q;
}

function paid({ policy, kind = 'enforce' }: BucketLevel, units: number, needed: number): number {
  switch (kind) {
    case 'enforce':
      return Math.min(policy.capacity, units - needed);
    case 'shadow':
      return units < needed ? units : Math.min(policy.capacity, units - needed);
    case 'guard':
      return units;
    case 'drain':
      return Math.min(policy.capacity, Math.max(0, units - needed));
  }
}

function stateOf({ policy }: BucketLevel, { units, lastUs }: Standing): BucketState | null {
  return units === policy.capacity ? null : { units, lastUs, q: policy.q };
}

/** A level after a decision, as waits. `aheadUs`: by how much its bucket is ahead of the clock. `lackedUnits`: what it was asked for and had not, else 0. */
export function measureLevel(
  { p, capacity }: BucketPolicy,
  { units, aheadUs }: { readonly units: number; readonly aheadUs: number },
  lackedUnits: number,
): Pick<LevelOutcome, 'units' | 'waitUs' | 'fullAfterUs'> {
  return {
    units,
    waitUs: lackedUnits === 0 ? 0 : ceilDivide(lackedUnits - units, p) + aheadUs,
    fullAfterUs: units === capacity ? 0 : ceilDivide(capacity - units, p) + aheadUs,
  };
}

interface Standing {
  readonly units: number;
  readonly lastUs: number;
}

/** Units at `nowUs`. `lastUs` stays ahead of now where the clock was set back a little: no time is credited twice. */
function refill({ policy, state }: BucketLevel, nowUs: number): Standing {
  const { p, capacity } = policy;
  if (state === null) return { units: capacity, lastUs: nowUs };
  const units = rescale(state, policy);
  const elapsedUs = nowUs - state.lastUs;
  if (elapsedUs < 0) {
    const isReset = -elapsedUs > Math.max(CLOCK_BACK_US_MAX, ceilDivide(capacity, p));
    return { units, lastUs: isReset ? nowUs : state.lastUs };
  }
  // However long the bucket lay: a product beyond 2^53 is rounded, but never to less than 2^53, and so is more than any capacity.
  if (elapsedUs * p >= capacity - units) return { units: capacity, lastUs: nowUs };
  return { units: units + elapsedUs * p, lastUs: nowUs };
}

/** Whole tokens are carried over to a changed policy, at most its burst; a part of a token is not. */
function rescale(state: BucketState, { q, burst, capacity }: BucketPolicy): number {
  if (state.q === q) return Math.min(state.units, capacity);
  const tokens = (state.units - (state.units % state.q)) / state.q;
  return Math.min(tokens, burst) * q;
}

/** Exact for all safe integers: the remainder is, and the rest of the division then comes out even. */
function ceilDivide(dividend: number, divisor: number): number {
  const rest = dividend % divisor;
  return (dividend - rest) / divisor + (rest > 0 ? 1 : 0);
}
