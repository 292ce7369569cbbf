import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lateness, LATENESS_BOUNDS_S, latenessQuantileS } from './lateness.ts';

test('each event is in the class of its lateness, bounds included, and early ones are in the first', () => {
  const lateness = new Lateness();
  for (const ms of [-300_000, 0, 1_000, 1_001, 5_000, 86_400_000, 86_400_001, 1e12]) lateness.add(ms);
  expect([...lateness.counts]).toEqual([3, 2, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
  expect(lateness.sumMs).toBe(1_000 + 1_001 + 5_000 + 86_400_000 + 86_400_001 + 1e12);
});

test('a quantile is the bound under which that event of the sorted events lies; parts add up to the whole', () => {
  const late = fc.array(fc.integer({ min: -10, max: 1_000_000_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(late, late, fc.constantFrom(0, 0.5, 0.95, 0.99, 1), (a, b, p) => {
      const [whole, part] = [new Lateness(), new Lateness()];
      for (const ms of a) whole.add(ms);
      for (const ms of b) part.add(ms);
      whole.take(part);
      const sorted = [...a, ...b].toSorted((x, y) => x - y);
      const event = sorted[Math.ceil(p * (sorted.length - 1))];
      const bound = event === undefined ? null : (LATENESS_BOUNDS_S.find((one) => event <= one * 1_000) ?? null);
      expect(latenessQuantileS([...whole.counts], p)).toBe(bound);
    }),
  );
});
