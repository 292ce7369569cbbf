import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EffectivePolicy } from './limits-tree.ts';
import type { PlannedLevel } from './plan-levels.ts';
import { compilePolicy } from './policy.ts';
import type { Replayed, ReplayedLevels } from './replay.ts';
import { createLimitReplay } from './replay.ts';

function levelOf(name: string, subject: string, numbers: { limit: number; windowS: number; burst: number }): PlannedLevel {
  const compiled = compilePolicy({ name, ...numbers });
  if (!compiled.ok) throw new Error(compiled.fault);
  const policy: EffectivePolicy = { ...compiled.value, scope: 'api_key', mode: 'enforce', withoutRedis: 'open', source: 'tenant' };
  return { policy, kind: 'enforce', subject, stage: 2 };
}

interface SecondOf {
  readonly second: number;
  readonly who: number;
  readonly asked: number;
}

function replayed(demands: readonly SecondOf[], levels: ReplayedLevels): ReadonlyMap<number, Replayed> {
  const replay = createLimitReplay(() => levels);
  for (const [second, of] of Map.groupBy(demands, (demand) => demand.second))
    replay.play(
      second,
      of.map((one) => ({ ...one, refused: 0 })),
    );
  return replay.results();
}

/** One request after another, over fractions of tokens times the window in seconds: no code of the limiter. */
class OneByOne {
  readonly #buckets = new Map<string, { tokens: bigint; second: number }>();

  /** Name of the first policy that refuses it; null: it is admitted. */
  refusedBy(levels: readonly PlannedLevel[], second: number, cost: number): string | null {
    const all = levels.map(({ policy, subject }) => {
      const [full, scale] = [BigInt(policy.burst) * BigInt(policy.windowS), BigInt(policy.windowS)];
      const bucket = this.#buckets.get(`${policy.name} ${subject}`) ?? { tokens: full, second };
      const refilled = bucket.tokens + BigInt(second - bucket.second) * BigInt(policy.limit);
      bucket.tokens = refilled > full ? full : refilled;
      bucket.second = second;
      this.#buckets.set(`${policy.name} ${subject}`, bucket);
      return { name: policy.name, bucket, needed: BigInt(cost) * scale };
    });
    const lacking = all.find(({ bucket, needed }) => bucket.tokens < needed);
    if (lacking !== undefined) return lacking.name;
    for (const { bucket, needed } of all) bucket.tokens -= needed;
    return null;
  }
}

const numbers = fc.record({
  limit: fc.integer({ min: 1, max: 20 }),
  windowS: fc.constantFrom(1, 3, 7, 60),
  burst: fc.integer({ min: 2, max: 15 }),
});

describe('replayed demand', () => {
  it('refuses as many of each second as the same requests one after another, over all levels at once', () => {
    const history = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 25 })), { maxLength: 30 });
    fc.assert(
      fc.property(numbers, numbers, history, fc.integer({ min: 1, max: 2 }), (own, shared, steps, cost) => {
        const levels = [levelOf('own', 'a', own), levelOf('shared', 't', shared)];
        let second = 1_800_000_000;
        const demands = steps.map(([gap, asked]): SecondOf => ({ second: (second += gap + 1), who: 0, asked }));
        const exact = new OneByOne();
        const refused = demands.map((one) => Array.from({ length: one.asked }, () => exact.refusedBy(levels, one.second, cost)));
        const names = refused.flat().filter((name) => name !== null);
        const byPolicy = new Map([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
        const firstSecond = demands[refused.findIndex((answers) => answers.some((name) => name !== null))]?.second ?? null;
        const told = replayed(demands, { cost, levels }).get(0);
        expect(told ?? { wouldRefuse: 0, byPolicy: new Map(), firstSecond: null }).toMatchObject({
          wouldRefuse: names.length,
          byPolicy,
          firstSecond,
        });
      }),
    );
  });

  it('lets callers of one bucket begin in turn, and refuses together what it refuses them one by one', () => {
    // 4 at once and 4 a second: two callers that ask 3 each share what is there.
    const levels = [levelOf('shared', 't', { limit: 4, windowS: 1, burst: 4 })];
    const demands = Array.from({ length: 10 }, (_, at) => [0, 1].map((who): SecondOf => ({ second: 100 + at, who, asked: 3 })));
    const told = replayed(demands.flat(), { cost: 1, levels });
    expect([0, 1].map((who) => told.get(who)?.wouldRefuse)).toEqual([10, 10]);
    expect(told.get(1)?.byPolicy).toEqual(new Map([['shared', 10]]));
  });

  it('names the first policy that lacks tokens, and a level in shadow refuses nothing', () => {
    const tight = levelOf('tight', 'a', { limit: 1, windowS: 60, burst: 2 });
    const wide = levelOf('wide', 'a', { limit: 1, windowS: 60, burst: 3 });
    const of = (levels: readonly PlannedLevel[]): Replayed | undefined => {
      const replay = createLimitReplay(() => ({ cost: 1, levels }));
      replay.play(100, [{ who: 0, asked: 5, refused: 1 }]);
      return replay.results().get(0);
    };
    expect(of([wide, tight])).toMatchObject({ asked: 5, refused: 1, wouldRefuse: 3, byPolicy: new Map([['tight', 3]]) });
    expect(of([{ ...tight, kind: 'shadow' }, wide])).toMatchObject({ wouldRefuse: 2, byPolicy: new Map([['wide', 2]]) });
    expect(of([])).toMatchObject({ wouldRefuse: 0, firstSecond: null });
  });
});
