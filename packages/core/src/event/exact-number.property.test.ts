import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareExact, exactNumber, formatExact, parseExact } from './exact-number.ts';

/** A decimal as its digits and the place of its point, with the fraction that it stands for by definition. */
const decimal = fc
  .record({
    digits: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
    places: fc.integer({ min: 0, max: 18 }),
    zeros: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ digits, places, zeros }) => {
    const magnitude = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
    const whole = magnitude.slice(0, magnitude.length - places);
    const fraction = magnitude.slice(magnitude.length - places) + '0'.repeat(zeros);
    const sign = digits < 0n ? '-' : '';
    return { text: `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`, digits, places };
  });

function parsed(text: string): NonNullable<ReturnType<typeof parseExact>> {
  const value = parseExact(text);
  if (value === null) throw new Error('not a number');
  return value;
}

describe('exact numbers', () => {
  test('any decimal is read without rounding, in its smallest scale', () => {
    fc.assert(
      fc.property(decimal, ({ text, digits, places }) => {
        const value = parsed(text);
        // unscaled / 10^scale = digits / 10^places, compared by cross-multiplying.
        expect(BigInt(value.unscaled) * 10n ** BigInt(places)).toBe(digits * 10n ** BigInt(value.scale));
        expect(value.scale === 0 || BigInt(value.unscaled) % 10n !== 0n).toBe(true);
        expect(typeof value.unscaled === 'number').toBe(digits === 0n || Number.isSafeInteger(Number(value.unscaled)));
        expect(exactNumber(digits, places)).toEqual(value);
        expect(parseExact(formatExact(value))).toEqual(value);
      }),
    );
  });

  test('order is that of the fractions', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const left = a.digits * 10n ** BigInt(b.places);
        const right = b.digits * 10n ** BigInt(a.places);
        expect(Math.sign(compareExact(parsed(a.text), parsed(b.text)))).toBe(left < right ? -1 : left > right ? 1 : 0);
      }),
    );
  });

  test.each([
    ['-0', '0'],
    ['-0.000', '0'],
    ['1e3', '1000'],
    ['1.50E1', '15'],
    ['12e-1', '1.2'],
    ['0.1', '0.1'],
    ['-0.05', '-0.05'],
    ['9007199254740993', '9007199254740993'],
    ['9223372036854775808', '9223372036854775808'],
    ['1e37', `1${'0'.repeat(37)}`],
  ])('%s is written %s', (text, canonical) => {
    expect(formatExact(parsed(text))).toBe(canonical);
  });

  test.each(['1e400', '1e38', '1e-39', '1'.repeat(39), '1e99999999999', '', '-', 'x', '1.', '.5'])('%s is refused', (text) => {
    expect(parseExact(text)).toBe(null);
  });
});
