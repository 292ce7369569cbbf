import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BucketState } from './bucket.ts';
import { takeTokens } from './bucket.ts';
import type { BucketPolicy, LimitPolicy } from './policy.ts';
import { compilePolicy } from './policy.ts';

/** A bucket in exact fractions: tokens = numerator / (window in µs), no cap on any product, no shared code. */
class RationalBucket {
  readonly #limit: bigint;
  readonly #windowUs: bigint;
  readonly #burst: bigint;
  #scaled: bigint;
  #lastUs: bigint;

  constructor(policy: LimitPolicy, nowUs: number) {
    this.#limit = BigInt(policy.limit);
    this.#windowUs = BigInt(policy.windowS) * 1_000_000n;
    this.#burst = BigInt(policy.burst) * this.#windowUs;
    this.#scaled = this.#burst;
    this.#lastUs = BigInt(nowUs);
  }

  at(nowUs: number): void {
    const refilled = this.#scaled + (BigInt(nowUs) - this.#lastUs) * this.#limit;
    this.#scaled = refilled > this.#burst ? this.#burst : refilled;
    this.#lastUs = BigInt(nowUs);
  }

  has(cost: number): boolean {
    return this.#scaled >= BigInt(cost) * this.#windowUs;
  }

  pay(cost: number): void {
    const left = this.#scaled - BigInt(cost) * this.#windowUs;
    this.#scaled = left > this.#burst ? this.#burst : left;
  }

  /** Tokens × q, which must be whole. */
  units(q: number): bigint {
    return (this.#scaled * BigInt(q)) / this.#windowUs;
  }
}

function compiled(policy: LimitPolicy): BucketPolicy {
  const result = compilePolicy(policy);
  if (!result.ok) throw new Error(result.fault);
  return result.value;
}

const anyPolicy = fc
  .record({
    limit: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(7, 600, 1_000, 60_000, 999_983)),
    windowS: fc.constantFrom(1, 3, 60, 3_600, 86_400, 2_678_400),
    burst: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 })),
  })
  .map((policy): LimitPolicy => ({ name: 'any', ...policy }))
  .filter((policy) => compilePolicy(policy).ok);

/** From microseconds to years, so that buckets are seen empty, filling, and full for long. */
const anyStepUs = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100_000_000 }), fc.integer({ min: 0, max: 1e14 }));
const START_US = 1_800_000_000_000_000;

describe('a token bucket', () => {
  it('agrees to the unit with exact fractions, over all levels at once, whatever is asked of it and when', () => {
    const anyStep = fc.record({ stepUs: anyStepUs, costs: fc.array(fc.integer({ min: -3, max: 30 }), { minLength: 3, maxLength: 3 }) });
    fc.assert(
      fc.property(fc.array(anyPolicy, { minLength: 1, maxLength: 3 }), fc.array(anyStep, { maxLength: 40 }), (policies, steps) => {
        const buckets = policies.map(compiled);
        const exact = policies.map((policy) => new RationalBucket(policy, START_US));
        let states: (BucketState | null)[] = buckets.map(() => null);
        let nowUs = START_US;
        for (const { stepUs, costs } of steps) {
          nowUs += stepUs;
          const asked = buckets.map((policy, at) => ({ policy, state: states[at] ?? null, cost: Math.min(costs[at] ?? 0, policy.burst) }));
          const outcome = takeTokens(asked, nowUs);
          for (const bucket of exact) bucket.at(nowUs);
          const mayPass = exact.every((bucket, at) => bucket.has(asked[at]?.cost ?? 0));
          if (mayPass) exact.forEach((bucket, at) => bucket.pay(asked[at]?.cost ?? 0));
          expect(outcome.allowed).toBe(mayPass);
          expect(outcome.levels.map(({ units }) => BigInt(units))).toEqual(exact.map((bucket, at) => bucket.units(buckets[at]?.q ?? 1)));
          if (outcome.allowed) states = outcome.levels.map(({ state }) => state);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it('never admits more than its burst and what flowed in since, in any stretch of time', () => {
    const anyCalls = fc.array(fc.record({ stepUs: fc.integer({ min: 0, max: 3_000_000 }), cost: fc.integer({ min: 1, max: 4 }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(anyPolicy, anyCalls, (policy, calls) => {
        const bucket = compiled(policy);
        const admitted: { atUs: number; cost: number }[] = [];
        let state: BucketState | null = null;
        let nowUs = START_US;
        for (const { stepUs, cost } of calls) {
          nowUs += stepUs;
          const outcome = takeTokens([{ policy: bucket, state, cost }], nowUs);
          if (!outcome.allowed) continue;
          state = outcome.levels[0]?.state ?? null;
          admitted.push({ atUs: nowUs, cost });
        }
        for (const [from, first] of admitted.entries()) {
          let taken = 0n;
          for (const { atUs, cost } of admitted.slice(from)) {
            taken += BigInt(cost);
            const flowed = BigInt(atUs - first.atUs) * BigInt(policy.limit);
            const windowUs = BigInt(policy.windowS) * 1_000_000n;
            expect(taken * windowUs <= BigInt(policy.burst) * windowUs + flowed).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('who waits as long as it says is admitted, and a microsecond sooner is not', () => {
    fc.assert(
      fc.property(anyPolicy, fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 1, max: 1_000_000 }), (policy, units, asked) => {
        const bucket = compiled(policy);
        const cost = Math.min(asked, policy.burst);
        const state = { units: units % (bucket.capacity + 1), lastUs: START_US, q: bucket.q };
        const waitUs = takeTokens([{ policy: bucket, state, cost }], START_US).levels[0]?.waitUs ?? 0;
        fc.pre(Number.isSafeInteger(START_US + waitUs)); // the clock itself is exact until the year 2255
        expect(takeTokens([{ policy: bucket, state, cost }], START_US + waitUs).allowed).toBe(true);
        if (waitUs > 0) expect(takeTokens([{ policy: bucket, state, cost }], START_US + waitUs - 1).allowed).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is full exactly when it says it will be', () => {
    fc.assert(
      fc.property(anyPolicy, fc.integer({ min: 1, max: 1_000_000 }), (policy, asked) => {
        const bucket = compiled(policy);
        const taken = takeTokens([{ policy: bucket, state: null, cost: Math.min(asked, policy.burst) }], START_US).levels[0];
        fc.pre(Number.isSafeInteger(START_US + (taken?.fullAfterUs ?? 0)));
        const peek = (atUs: number): number =>
          takeTokens([{ policy: bucket, state: taken?.state ?? null, cost: 0 }], atUs).levels[0]?.units ?? 0;
        expect(peek(START_US + (taken?.fullAfterUs ?? 0))).toBe(bucket.capacity);
        expect(peek(START_US + (taken?.fullAfterUs ?? 0) - 1)).toBeLessThan(bucket.capacity);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a clock that jumps', () => {
  const policy = compiled({ name: 'minute', limit: 60, windowS: 60, burst: 10 });
  const state: BucketState = { units: 0, lastUs: START_US, q: policy.q };
  const unitsAt = (nowUs: number, from: BucketState = state): number =>
    takeTokens([{ policy, state: from, cost: 0 }], nowUs).levels[0]?.units ?? -1;

  it('backwards a little credits nothing, and no moment is credited twice', () => {
    const after = takeTokens([{ policy, state, cost: 0 }], START_US - 3_000_000).levels[0]?.state;
    expect(after).toEqual(state);
    // 2 s after the last counted moment, at a token a second: 2 tokens of q units.
    expect(unitsAt(START_US + 2_000_000, after ?? state)).toBe(2 * policy.q);
  });

  it('backwards a little makes a refused caller wait for that time too', () => {
    expect(takeTokens([{ policy, state, cost: 1 }], START_US - 3_000_000).levels[0]?.waitUs).toBe(4_000_000);
  });

  it('backwards by more than the bucket takes to fill goes on counting from the new time', () => {
    const backUs = START_US - 10_000_001; // 10 tokens at one a second fill in 10 s
    expect(takeTokens([{ policy, state, cost: 0 }], backUs).levels[0]?.state).toEqual({ ...state, lastUs: backUs });
    expect(takeTokens([{ policy, state, cost: 0 }], backUs + 1).levels[0]?.state).toEqual(state);
  });

  it('forwards credits at most a full bucket', () => {
    expect(unitsAt(START_US + 1e15)).toBe(policy.capacity);
  });
});

describe('a policy', () => {
  it('that changes keeps whole tokens, at most its new burst', () => {
    const old = compiled({ name: 'old', limit: 7, windowS: 60, burst: 100 });
    const fresh = compiled({ name: 'new', limit: 1, windowS: 3, burst: 20 });
    const held = (tokens: number, part: number): BucketState => ({ units: tokens * old.q + part, lastUs: START_US, q: old.q });
    const tokensOf = (from: BucketState): number =>
      (takeTokens([{ policy: fresh, state: from, cost: 0 }], START_US).levels[0]?.units ?? 0) / fresh.q;
    expect(tokensOf(held(5, old.q - 1))).toBe(5);
    expect(tokensOf(held(90, 0))).toBe(20);
  });

  it('is in lowest terms', () => {
    expect(compiled({ name: 'ingest', limit: 60_000, windowS: 60, burst: 60_000 })).toMatchObject({ p: 1, q: 1_000, capacity: 60_000_000 });
  });

  it.each([
    { limit: 1, windowS: 2_678_400, burst: 4_000 }, // 4,000 × 2.68e12 µs > 2^53 ≈ 9.007e15
    { limit: 0, windowS: 60, burst: 1 },
    { limit: 1.5, windowS: 60, burst: 1 },
    { limit: 1, windowS: 60, burst: -1 },
  ])('that cannot be counted exactly is refused: %j', (numbers) => {
    expect(compilePolicy({ name: 'bad', ...numbers }).ok).toBe(false);
  });

  it('just below the bound is taken', () => {
    expect(compilePolicy({ name: 'month', limit: 1, windowS: 2_678_400, burst: 3_362 }).ok).toBe(true); // 3,362 × 2.6784e12 = 9.0048e15 < 2^53
  });
});
