import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toIsoDate, toIsoUtc } from './iso.ts';

/** The years that RFC 3339 and `Date` write alike. */
const instants = fc.double({ min: Date.UTC(1, 0, 1), max: Date.UTC(9_999, 11, 31), noNaN: true });

test('an instant reads as Date writes it, parts of a millisecond cut off', () => {
  fc.assert(
    fc.property(instants, (ms) => {
      expect(toIsoUtc(ms)).toBe(new Date(Math.floor(ms)).toISOString());
    }),
  );
  // 0.02587890625 ms is what a double has left of microseconds in our time.
  expect(toIsoUtc(1_795_000_000_094.0259)).toBe(new Date(1_795_000_000_094).toISOString());
  expect(toIsoUtc(-0.5)).toBe('1969-12-31T23:59:59.999Z');
});

test('a day reads as Date writes it', () => {
  const days = fc.integer({ min: Date.UTC(1, 0, 1) / 86_400_000, max: Date.UTC(9_999, 11, 31) / 86_400_000 });
  fc.assert(
    fc.property(days, (day) => {
      expect(toIsoDate(day)).toBe(new Date(day * 86_400_000).toISOString().slice(0, 10));
    }),
  );
});
