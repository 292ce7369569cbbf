import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactNumber, formatExact, parseExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import { DoubleSum } from './double-sum.ts';
import { ExactSum } from './exact-sum.ts';

const SCALE = 40;

/** Numbers around the edge of the safe integers and far beyond, at any scale. */
const exacts: fc.Arbitrary<ExactNumber> = fc
  .tuple(
    fc.oneof(
      fc.bigInt({ min: -1000n, max: 1000n }),
      fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
      fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }),
    ),
    fc.oneof(fc.constant(0), fc.nat({ max: 38 })),
  )
  .map(([unscaled, scale]) => exactNumber(unscaled, scale));

/** The oracle: bigint at one fixed scale. */
function bruteSum(values: readonly ExactNumber[]): bigint {
  return values.reduce((sum, value) => sum + BigInt(value.unscaled) * 10n ** BigInt(SCALE - value.scale), 0n);
}

function sumOf(values: readonly ExactNumber[]): ExactSum {
  const sum = new ExactSum();
  for (const value of values) sum.add(value);
  return sum;
}

test('a sum of decimals equals the bigint sum, however it is split', () => {
  fc.assert(
    fc.property(fc.array(exacts, { maxLength: 40 }), fc.nat(40), (values, cut) => {
      const expected = formatExact(exactNumber(bruteSum(values), SCALE));
      const merged = sumOf(values.slice(0, cut));
      merged.merge(sumOf(values.slice(cut)));
      expect(formatExact(sumOf(values).value())).toBe(expected);
      expect(merged.value()).toEqual(sumOf(values).value());
    }),
  );
});

test('0.1 ten times is exactly 1, and 2^53 plus 1 keeps its last digit', () => {
  const tenth = parseExact('0.1') ?? { unscaled: 0, scale: 0 };
  expect(sumOf(Array.from({ length: 10 }, () => tenth)).value()).toEqual({ unscaled: 1, scale: 0 });
  const edge = sumOf([
    { unscaled: 9007199254740991, scale: 0 },
    { unscaled: 2, scale: 0 },
  ]);
  expect(formatExact(edge.value())).toBe('9007199254740993');
});

test('a sum of doubles keeps what plain addition loses', () => {
  const sum = new DoubleSum();
  // 1 is below half a unit in the last place of 1e100: plain addition gives 0, the exact sum is 2.
  for (const value of [1, 1e100, 1, -1e100]) sum.add(value);
  expect(sum.value()).toBe(2);
});

test('a sum of doubles lies within its bound of the exact sum, in any split', () => {
  const doubles = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 });
  fc.assert(
    fc.property(fc.array(doubles, { maxLength: 50 }), fc.nat(50), (values, cut) => {
      const [left, right] = [new DoubleSum(), new DoubleSum()];
      values.forEach((value, i) => (i < cut ? left : right).add(value));
      left.merge(right);
      // Doubles below 1e15 are multiples of 2^-1074; the oracle adds these multiples.
      const exact = values.reduce((sum, value) => sum + toMultiple(value), 0n);
      const magnitude = values.reduce((sum, value) => sum + Math.abs(value), 0);
      const error = Math.abs(fromMultiple(toMultiple(left.value() ?? Number.NaN) - exact));
      expect(error).toBeLessThanOrEqual(Math.abs(fromMultiple(exact)) * 2 ** -52 + magnitude * values.length ** 2 * 2 ** -104);
    }),
  );
});

/** value · 2^1074, which is whole for every double. */
function toMultiple(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return value < 0 ? -magnitude : magnitude;
}

function fromMultiple(multiple: bigint): number {
  // Two steps, for 2^1074 is no double.
  const shifted = multiple / 2n ** 500n;
  return Number(shifted) * 2 ** -287 * 2 ** -287;
}
