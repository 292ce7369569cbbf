import type { BucketPolicy } from '@tidegate/core';
import { compilePolicy } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BucketAsk, Buckets } from '../src/buckets/port.ts';

export interface BucketsUnderTest {
  readonly buckets: Buckets;
  /** A key that no other test uses. */
  freshKey(): string;
  close(): Promise<void>;
}

export function policyOf(limit: number, windowS: number, burst: number): BucketPolicy {
  const compiled = compilePolicy({ name: 'test', limit, windowS, burst });
  if (!compiled.ok) throw new Error(compiled.fault);
  return compiled.value;
}

/** Slow enough that nothing flows in while a test runs: one token in 28 hours. */
const SLOW = policyOf(1, 100_000, 3);

export function bucketsContract(name: string, open: () => Promise<BucketsUnderTest>): void {
  describe(name, () => {
    let under: BucketsUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.close());

    const ask = (key: string, cost = 1, policy = SLOW): BucketAsk => ({ key, policy, cost });
    const tokens = async (key: string): Promise<number> => {
      const { levels } = await under.buckets.take([ask(key, 0)]);
      return Math.floor((levels[0]?.units ?? 0) / SLOW.q);
    };

    it('admits its burst and not one more', async () => {
      const key = under.freshKey();
      const outcomes: boolean[] = [];
      for (let i = 0; i < 5; i++) outcomes.push((await under.buckets.take([ask(key)])).allowed);
      expect(outcomes).toEqual([true, true, true, false, false]);
    });

    it('a refusal by one level spends nothing on any other', async () => {
      const [empty, full] = [under.freshKey(), under.freshKey()];
      await under.buckets.take([ask(empty, 3)]);
      expect((await under.buckets.take([ask(full), ask(empty)])).allowed).toBe(false);
      expect((await under.buckets.take([ask(empty), ask(full)])).allowed).toBe(false);
      expect(await tokens(full)).toBe(3);
    });

    it('an admission is paid on every level', async () => {
      const [a, b] = [under.freshKey(), under.freshKey()];
      const { allowed, levels } = await under.buckets.take([ask(a, 1), ask(b, 2)]);
      expect([allowed, levels.length]).toEqual([true, 2]);
      expect([await tokens(a), await tokens(b)]).toEqual([2, 1]);
    });

    it('a look takes nothing, and what is given back never exceeds the burst', async () => {
      const key = under.freshKey();
      expect(await tokens(key)).toBe(3);
      await under.buckets.take([ask(key, 2)]);
      expect(await tokens(key)).toBe(1);
      await under.buckets.take([ask(key, -1)]);
      expect(await tokens(key)).toBe(2);
      await under.buckets.take([ask(key, -3)]);
      expect(await tokens(key)).toBe(3);
    });

    it('says when the next call would be admitted and when the bucket is full', async () => {
      const key = under.freshKey();
      await under.buckets.take([ask(key, 3)]);
      const { levels } = await under.buckets.take([ask(key)]);
      // A token takes 1e11 µs; less than 10 s have passed.
      expect(levels[0]?.waitUs).toBeGreaterThan(1e11 - 1e7);
      expect(levels[0]?.waitUs).toBeLessThanOrEqual(1e11);
      expect(levels[0]?.fullAfterUs).toBeGreaterThan(3e11 - 1e7);
      expect(levels[0]?.fullAfterUs).toBeLessThanOrEqual(3e11);
    });

    it('a changed policy keeps whole tokens', async () => {
      const key = under.freshKey();
      await under.buckets.take([ask(key, 1)]);
      const changed = policyOf(7, 99_991, 10);
      const { levels } = await under.buckets.take([ask(key, 0, changed)]);
      // 7 tokens flow in every 28 hours: less than a thousandth of one while this runs.
      expect((levels[0]?.units ?? 0) / changed.q).toBeCloseTo(2, 3);
    });
  });
}
