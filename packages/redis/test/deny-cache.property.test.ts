import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDenyCache } from '../src/buckets/deny-cache.ts';
import { createGroupCommit } from '../src/buckets/group-commit.ts';
import type { BucketAsk, BucketDecision, Buckets } from '../src/buckets/port.ts';
import { createMemoryBuckets } from '../src/buckets-memory.ts';
import { policyOf } from './buckets.contract.ts';

const POLICIES = [policyOf(10, 1, 5), policyOf(600, 60, 10), policyOf(7, 60, 3), policyOf(1, 3, 2), policyOf(1_000, 1, 1)];
const anyAsk = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  policy: fc.nat(POLICIES.length - 1),
  cost: fc.integer({ min: 0, max: 1 }),
});
const anyStep = fc.record({
  stepUs: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 3_000_000 })),
  asks: fc.array(anyAsk, { minLength: 1, maxLength: 3 }),
});

/** The policy of a key stays; levels of one call are of different keys. */
function toAsks(asks: readonly { key: string; policy: number; cost: number }[]): BucketAsk[] {
  const distinct = [...new Map(asks.map((ask) => [ask.key, ask])).values()];
  return distinct.map(({ key, cost }) => ({ key, cost, policy: POLICIES[key.charCodeAt(0) % POLICIES.length] ?? policyOf(1, 1, 1) }));
}

describe('remembered refusals', () => {
  it('change no decision: with them and without all is admitted and refused alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 60 }), async (steps) => {
        let nowUs = 1e15;
        const plain = createMemoryBuckets({ nowUs: () => nowUs });
        const cached = createDenyCache({ buckets: createMemoryBuckets({ nowUs: () => nowUs }), monotonicMs: () => (nowUs - 1e15) / 1_000 });
        for (const { stepUs, asks } of steps) {
          nowUs += stepUs;
          const levels = toAsks(asks);
          const [expected, got] = [await plain.take(levels), await cached.take(levels)];
          expect(got.allowed).toBe(expected.allowed);
          // What it says of a wait is what the store would say, to the microsecond that its clock counts in.
          for (const [at, { waitUs }] of got.levels.entries()) {
            if (waitUs > 0) expect(Math.abs(waitUs - (expected.levels[at]?.waitUs ?? 0))).toBeLessThanOrEqual(1);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('are forgotten after a second, with a new policy, and when told to; shadows never refuse', async () => {
    let [nowMs, calls] = [0, 0];
    const store = createMemoryBuckets({ nowUs: () => 1e15 + nowMs * 1_000 });
    const counted: Buckets = { ...store, take: (asks, weight) => ((calls += 1), store.take(asks, weight)) };
    const cache = createDenyCache({ buckets: counted, monotonicMs: () => nowMs });
    const slow: BucketAsk = { key: 'k', policy: policyOf(1, 1_000, 2), cost: 2 };
    const callsOf = async (ask: BucketAsk): Promise<number> => {
      const before = calls;
      await cache.take([ask]);
      return calls - before;
    };
    expect([await callsOf(slow), await callsOf(slow), await callsOf(slow)]).toEqual([1, 1, 0]);
    expect(await callsOf({ ...slow, kind: 'shadow' })).toBe(1);
    expect(await callsOf({ ...slow, cost: 1 })).toBe(1); // less may be there
    expect(await callsOf({ ...slow, policy: policyOf(2, 1_000, 2) })).toBe(1);
    nowMs += 999;
    expect(await callsOf(slow)).toBe(1); // the other policy took its place
    expect(await callsOf(slow)).toBe(0);
    nowMs += 1_000;
    expect(await callsOf(slow)).toBe(1);
    cache.forget('k');
    expect(await callsOf(slow)).toBe(1);
    cache.clear();
    expect(await callsOf(slow)).toBe(1);
  });

  it('are so many and no more', async () => {
    let calls = 0;
    const store = createMemoryBuckets({ nowUs: () => 1e15 });
    const cache = createDenyCache({
      buckets: { ...store, take: (asks, weight) => ((calls += 1), store.take(asks, weight)) },
      monotonicMs: () => 0,
      entriesMax: 2,
    });
    const policy = policyOf(1, 1_000, 1);
    const ask = (key: string): BucketAsk[] => [{ key, policy, cost: 1 }];
    for (const key of ['a', 'b', 'c']) for (let i = 0; i < 2; i++) await cache.take(ask(key));
    calls = 0;
    for (const key of ['b', 'c']) await cache.take(ask(key));
    expect(calls).toBe(0);
    await cache.take(ask('a'));
    expect(calls).toBe(1);
  });
});

describe('requests in a group', () => {
  it('are answered as if each had asked alone, in the order of their coming, in fewer calls', async () => {
    const anyWeights = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(anyWeights, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 8 }), async (waves, groupMax) => {
        let nowUs = 1e15;
        const alone = createMemoryBuckets({ nowUs: () => nowUs });
        const sizes: number[] = [];
        const grouped = createGroupCommit({
          buckets: createMemoryBuckets({ nowUs: () => nowUs }),
          monotonicMs: () => 0,
          groupMax,
          onCall: (requests) => sizes.push(requests),
        });
        const asks: BucketAsk[] = [
          { key: 'a', policy: policyOf(10, 1, 9), cost: 1 },
          { key: 'b', policy: policyOf(7, 60, 40), cost: 2 },
        ];
        for (const weights of waves) {
          nowUs += 150_000;
          const expected: BucketDecision[] = [];
          for (const weight of weights) expected.push(await alone.take(asks, weight));
          expect(await Promise.all(weights.map((weight) => grouped.take(asks, weight)))).toEqual(expected);
        }
        // The first of a wave goes alone; the others wait for it and go together.
        const calls = waves.reduce((sum, weights) => sum + 1 + Math.ceil((weights.length - 1) / groupMax), 0);
        expect(sizes.length).toBe(calls);
      }),
      { numRuns: 300 },
    );
  });

  it('fail together with the call that they wait for, and none waits longer than its budget', async () => {
    let nowMs = 0;
    const budgets: (number | undefined)[] = [];
    const calls: PromiseWithResolvers<readonly BucketDecision[]>[] = [];
    const buckets: Buckets = {
      take: () => Promise.reject(new Error('not used')),
      takeGroup: (_asks, _weights, withinMs) => {
        budgets.push(withinMs);
        const call = Promise.withResolvers<readonly BucketDecision[]>();
        calls.push(call);
        return call.promise;
      },
    };
    const grouped = createGroupCommit({ buckets, monotonicMs: () => nowMs, budgetMs: 25 });
    const asks: BucketAsk[] = [{ key: 'a', policy: policyOf(1, 1, 1), cost: 1 }];
    const decision: BucketDecision = { allowed: true, nowUs: 1, levels: [] };
    const first = grouped.take(asks);
    nowMs = 5;
    const second = grouped.take(asks);
    nowMs = 20;
    calls[0]?.resolve([decision]);
    expect(await first).toBe(decision);
    expect(budgets).toEqual([25, 10]); // it has waited 15 of its 25 ms
    const third = grouped.take(asks);
    calls[1]?.reject(new Error('away'));
    await expect(second).rejects.toThrow('away');
    await expect(third).rejects.toThrow('away');
    const fourth = grouped.take(asks);
    calls[2]?.resolve([decision]);
    expect(await fourth).toBe(decision);
  });
});
