import fc from 'fast-check';
import { expect, test } from 'vitest';
import { streaksOf } from './streaks.ts';

/** Tries every beginning and end. */
function bruteForce(days: readonly number[], today: number): { current: number; longest: number } {
  const has = (day: number): boolean => day <= today && days.includes(day);
  const lengthBackFrom = (day: number): number => (has(day) ? 1 + lengthBackFrom(day - 1) : 0);
  const longest = Math.max(0, ...days.map(lengthBackFrom));
  return { current: lengthBackFrom(today) || lengthBackFrom(today - 1), longest };
}

test('streaks of any days, in any order and told twice, are those that trying every run gives', () => {
  const day = fc.integer({ min: -20, max: 20 });
  fc.assert(
    fc.property(fc.array(day, { maxLength: 40 }), day, (days, today) => {
      expect(streaksOf(days, today)).toEqual(bruteForce(days, today));
    }),
  );
});

test('a streak is kept alive by yesterday, and ends with the day after', () => {
  expect(streaksOf([1, 2, 3], 3)).toEqual({ current: 3, longest: 3 });
  expect(streaksOf([1, 2, 3], 4)).toEqual({ current: 3, longest: 3 });
  expect(streaksOf([1, 2, 3], 5)).toEqual({ current: 0, longest: 3 });
  expect(streaksOf([], 5)).toEqual({ current: 0, longest: 0 });
});
