import { describe, expect, it } from 'vitest';
import { cohensD, compareShares, welch, wilson, Z_95 } from './comparison.ts';
import { studentTwoSided } from './distributions.ts';
import { sampleFigures } from './sample.ts';

describe('two samples', () => {
  // Means 3 and 6, variances 2.5 and 10, five values each: t = -3 / √(0.5 + 2), df = 2.5² / (0.5²/4 + 2²/4) = 6.25 / 1.0625.
  const small = [1, 2, 3, 4, 5];
  const wide = [2, 4, 6, 8, 10];

  it('are tested without assuming equal spreads', () => {
    const test = welch(small, wide);
    expect(test?.t).toBeCloseTo(-3 / Math.sqrt(2.5), 12);
    expect(test?.df).toBeCloseTo(6.25 / 1.0625, 12);
    expect(test?.p).toBe(studentTwoSided(test?.t ?? 0, test?.df ?? 1));
  });

  it('differ by an effect in pooled deviations: -3 / √((4 × 2.5 + 4 × 10) / 8) = -1.2', () => {
    expect(cohensD(sampleFigures(small), sampleFigures(wide))).toBeCloseTo(-1.2, 12);
  });

  it('too small or without any spread have neither test nor effect', () => {
    expect(welch([1], wide)).toBeNull();
    expect(welch([2, 2], [3, 3])).toBeNull();
    expect(cohensD(sampleFigures([2, 2]), sampleFigures([3, 3]))).toBeNull();
    expect(cohensD(sampleFigures([]), sampleFigures(wide))).toBeNull();
  });

  it('that are swapped give the opposite sign and the same p', () => {
    expect(welch(wide, small)).toEqual({ ...welch(small, wide), t: 3 / Math.sqrt(2.5) });
  });
});

describe('a share', () => {
  // E. B. Wilson's interval as tables give it: 0 of 10 up to 27.75 %, 5 of 10 from 23.66 % to 76.34 %.
  it.each([
    [0, 10, 0, 0.2775],
    [5, 10, 0.2366, 0.7634],
    [10, 10, 0.7225, 1],
  ])('of %d in %d lies between %f and %f', (successes, trials, lo, hi) => {
    const interval = wilson(successes, trials);
    expect(interval?.lo).toBeCloseTo(lo, 4);
    expect(interval?.hi).toBeCloseTo(hi, 4);
  });

  /** Where the score test of a share of p just rejects: (share - p)² = z² p (1 - p) / n, by bisection. */
  function scoreEnd(share: number, n: number, from: number): number {
    const isOutside = (p: number): boolean => (share - p) ** 2 > (Z_95 ** 2 * p * (1 - p)) / n;
    let [inside, outside] = [share, from];
    for (let step = 0; step < 200; step += 1) {
      const middle = (inside + outside) / 2;
      if (isOutside(middle)) outside = middle;
      else inside = middle;
    }
    return (inside + outside) / 2;
  }

  it.each([
    [1, 7],
    [30, 100],
    [999, 1_000],
    [123, 45_678],
  ])('of %d in %d ends where the score test ends, to 1e-9 of it', (successes, trials) => {
    const { lo = 0, hi = 0 } = wilson(successes, trials) ?? {};
    expect(lo / scoreEnd(successes / trials, trials, 0)).toBeCloseTo(1, 9);
    expect(hi / scoreEnd(successes / trials, trials, 1)).toBeCloseTo(1, 9);
  });

  it('of no trials has no interval', () => {
    expect(wilson(0, 0)).toBeNull();
  });

  it('differs from another by a z of the pooled share: 0.1 / √(0.25 × 0.75 × 0.02) = 1.63299', () => {
    const test = compareShares({ successes: 30, trials: 100 }, { successes: 20, trials: 100 });
    expect(test?.difference).toBeCloseTo(0.1, 12);
    // √(8/3): 0.1² / (0.25 × 0.75 × 0.02) = 2.6667.
    expect((test?.z ?? 0) / Math.sqrt(8 / 3)).toBeCloseTo(1, 9);
    expect(test?.p).toBeCloseTo(0.10247, 5);
    // 0.1 ± 1.959964 √(0.3 × 0.7 / 100 + 0.2 × 0.8 / 100) = 0.1 ± 0.11922
    expect(test?.interval.lo).toBeCloseTo(-0.01922, 5);
    expect(test?.interval.hi).toBeCloseTo(0.21922, 5);
  });

  it('where nobody or everybody succeeded has no z', () => {
    expect(compareShares({ successes: 0, trials: 5 }, { successes: 0, trials: 7 })).toMatchObject({ difference: 0, z: null, p: null });
    expect(compareShares({ successes: 0, trials: 0 }, { successes: 1, trials: 7 })).toBeNull();
  });
});
