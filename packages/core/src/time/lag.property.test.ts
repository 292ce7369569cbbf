import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lagClass, lagQuantileMs } from './lag.ts';

it('a percentile of lags is within 5 % of that of the sorted lags themselves, and of nothing there is none', () => {
  const lags = fc.array(fc.integer({ min: 1, max: 86_000_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(lags, fc.constantFrom(0, 0.5, 0.95, 0.99, 1), (all, p) => {
      const counts = new Map<number, number>();
      for (const lag of all) counts.set(lagClass(lag), (counts.get(lagClass(lag)) ?? 0) + 1);
      const exact = all.toSorted((a, b) => a - b)[Math.floor(p * (all.length - 1))] ?? Number.NaN;
      const told = lagQuantileMs(counts, p) ?? Number.NaN;
      expect(Math.abs(told - exact) / exact).toBeLessThan(0.05);
    }),
  );
  expect(lagQuantileMs(new Map(), 0.5)).toBeNull();
});

it.each([
  [-5, 0],
  [1, 0],
  [1.1, 1],
  [86_400_000, 192],
  [1e12, 192],
])('%s ms are of class %i', (lagMs, expected) => expect(lagClass(lagMs)).toBe(expected));
