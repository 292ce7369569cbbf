import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactNumber, formatExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import type { CompiledMeasure } from '../pack/compiled.ts';
import type { NumberState } from './measure.ts';
import { absentInput, doubleInput, exactInput } from './number-input.ts';
import type { NumberInput } from './number-input.ts';
import { createState, decodeState, encodeState, findMeasure, mergeState, readMeasureAt } from './state.ts';
import type { RollupState, StateValue } from './state.ts';

/** Sorted by name. `ratio` is a double, `x` exact. */
const MEASURES: readonly CompiledMeasure[] = [
  { name: 'a_mean', kind: 'avg', field: 'x', numbers: 'exact' },
  { name: 'b_count', kind: 'count', numbers: 'exact' },
  { name: 'c_largest', kind: 'max', field: 'x', numbers: 'exact' },
  { name: 'd_ratio', kind: 'sum', field: 'ratio', numbers: 'double' },
  { name: 'e_size', kind: 'quantile', field: 'x', numbers: 'exact' },
  { name: 'f_total', kind: 'sum', field: 'x', numbers: 'exact' },
  { name: 'g_least', kind: 'min', field: 'ratio', numbers: 'double' },
];

interface Values {
  readonly x: ExactNumber | null;
  readonly ratio: number | null;
}

const values: fc.Arbitrary<Values> = fc.record({
  x: fc.option(
    fc
      .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat({ max: 12 }))
      .map(([unscaled, scale]) => exactNumber(unscaled, scale)),
  ),
  // Whole numbers, whose sums are exact in any order.
  ratio: fc.option(fc.integer()),
});
const batches = fc.array(values, { maxLength: 30 });

function stateOf(all: readonly Values[]): RollupState {
  const state = createState(MEASURES);
  for (const { x, ratio } of all) {
    const exact: NumberInput = x === null ? absentInput() : exactInput(x);
    const double: NumberInput = ratio === null ? absentInput() : doubleInput(ratio);
    state.forEach((measure, i) => (measure as NumberState).add(MEASURES[i]?.field === 'ratio' ? double : exact));
  }
  return state;
}

function merged(...states: readonly RollupState[]): RollupState {
  const into = createState(MEASURES);
  for (const state of states) mergeState(into, state);
  return into;
}

test('merging is associative and commutative, with the empty state as neutral element', () => {
  fc.assert(
    fc.property(batches, batches, batches, (a, b, c) => {
      const all = encodeState(stateOf([...a, ...b, ...c]));
      expect(encodeState(merged(stateOf(a), merged(stateOf(b), stateOf(c))))).toEqual(all);
      expect(encodeState(merged(merged(stateOf(c), stateOf(a)), stateOf(b)))).toEqual(all);
      expect(encodeState(merged(stateOf(a), createState(MEASURES)))).toEqual(encodeState(stateOf(a)));
    }),
  );
});

test('merging leaves its source as it was', () => {
  fc.assert(
    fc.property(batches, batches, (a, b) => {
      const source = stateOf(b);
      const into = merged(stateOf(a), source);
      mergeState(into, stateOf(a));
      expect(encodeState(source)).toEqual(encodeState(stateOf(b)));
    }),
  );
});

test('every number equals that of a recount in bigint rationals', () => {
  fc.assert(
    fc.property(batches, (all) => {
      const state = stateOf(all);
      const scaled = all.flatMap(({ x }) => (x === null ? [] : [BigInt(x.unscaled) * 10n ** BigInt(12 - x.scale)]));
      const sum = scaled.reduce((total, value) => total + value, 0n);
      expect(readMeasureAt(state, 1)).toBe(all.length);
      expect(readMeasureAt(state, 5)).toEqual(exactNumber(sum, 12));
      const largest = scaled.reduce<bigint | null>((most, value) => (most === null || value > most ? value : most), null);
      expect(readMeasureAt(state, 2)).toEqual(largest === null ? null : exactNumber(largest, 12));
      const ratios = all.flatMap(({ ratio }) => (ratio === null ? [] : [ratio]));
      expect(readMeasureAt(state, 3)).toBe(Number(ratios.reduce((total, ratio) => total + BigInt(ratio), 0n)));
      expect(readMeasureAt(state, 6)).toBe(ratios.length === 0 ? null : ratios.toSorted((a, b) => a - b)[0]);
      expectMean(readMeasureAt(state, 0), sum, BigInt(scaled.length));
    }),
  );
});

/** mean = sum / (n · 10^12), within a unit in the last place: compared as sum against mean · n · 10^12, all in whole numbers. */
function expectMean(mean: StateValue, sum: bigint, n: bigint): void {
  if (n === 0n) return void expect(mean).toBeNull();
  // The mean's nearest decimal of 40 places, by way of its shortest text.
  const text = typeof mean === 'number' ? mean.toPrecision(17) : 'none';
  const [digits = '', exponent = '0'] = text.split('e');
  const [whole = '', fraction = ''] = digits.split('.');
  const unscaled = BigInt(whole + fraction) * 10n ** BigInt(40 - fraction.length + Number(exponent));
  const difference = unscaled * n - sum * 10n ** 28n;
  const size = sum < 0n ? -sum : sum;
  expect((difference < 0n ? -difference : difference) * 2n ** 52n <= size * 10n ** 28n).toBe(true);
}

test('bytes read back give the same state, and bytes cut short give none', () => {
  fc.assert(
    fc.property(batches, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (all, part) => {
      const bytes = encodeState(stateOf(all));
      const read = decodeState(bytes, MEASURES);
      expect(read === null ? null : encodeState(read)).toEqual(bytes);
      expect(decodeState(bytes.slice(0, Math.floor(bytes.length * part)), MEASURES)).toBeNull();
    }),
  );
});

test('any bytes are a state or none: reading never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
      const read = decodeState(Uint8Array.of(1, ...tail), MEASURES);
      // What was read can be written and read again.
      if (read !== null) expect(decodeState(encodeState(read), MEASURES)).not.toBeNull();
    }),
    { numRuns: 1_000 },
  );
  // Deliberately near to a state: one byte of a good one changed.
  const good = encodeState(createState(MEASURES));
  for (let i = 0; i < good.length; i += 1) {
    const bytes = good.slice();
    bytes[i] = 0xff;
    expect(() => decodeState(bytes, MEASURES)).not.toThrow();
  }
});

test('states of version 1 stay readable', () => {
  const all: Values[] = [
    { x: { unscaled: 15, scale: 1 }, ratio: 0.5 },
    { x: { unscaled: -2, scale: 0 }, ratio: null },
    { x: { unscaled: 25, scale: 2 }, ratio: null },
  ];
  // Bins: ln 2 / ln(1.01/0.99) = 34.66 → 35; ln 0.25 / … = -69.3 → -69; ln 1.5 / … = 20.3 → 21. Zigzag: 35 → 70, -69 → 137.
  const version1 = [
    ['01', 'version'],
    ['03 02 31', 'mean: 3 values, -0.25 = -25 / 10^2, zigzag 49'],
    ['03', 'count'],
    ['01 01 1e', 'largest: 15 / 10^1'],
    ['01 ff 000000000000e03f 0000000000000000', 'ratio: 1 value, 0.5 and nothing lost'],
    ['00 01 46 01 02 8901 01 5a 01', 'size: no zero; one negative bin; two positive ones, 90 apart'],
    ['03 02 31', 'total'],
    ['01 ff 000000000000e03f', 'least'],
  ];
  const bytes = Uint8Array.from(
    (
      version1
        .map(([hex]) => hex)
        .join('')
        .match(/[0-9a-f]{2}/g) ?? []
    ).map((hex) => Number.parseInt(hex, 16)),
  );
  expect(encodeState(stateOf(all))).toEqual(bytes);
  const state = decodeState(bytes, MEASURES);
  expect(state === null ? null : valuesOf(state)).toEqual([-0.25 / 3, 3, '1.5', 0.5, 0.25, '-0.25', 0.5]);
});

test('an unknown version is no state', () => {
  const bytes = encodeState(createState(MEASURES));
  bytes[0] = 3;
  expect(decodeState(bytes, MEASURES)).toBeNull();
});

test('of no values counts and sums are 0 and all else is null', () => {
  const state = createState(MEASURES);
  expect(valuesOf(state)).toEqual([null, 0, null, 0, null, '0', null]);
});

test('a question names a quantile by measure and probability, or by probability alone where there is one', () => {
  expect(findMeasure(MEASURES, 'e_size.p99.9')).toEqual({ index: 4, probability: 0.999 });
  expect(findMeasure(MEASURES, 'p50')).toEqual({ index: 4, probability: 0.5 });
  expect(findMeasure(MEASURES, 'c_largest')).toEqual({ index: 2 });
  expect(findMeasure(MEASURES, 'c_largest.p50')).toBeNull();
  expect(findMeasure(MEASURES, 'e_size')).toBeNull();
});

test('sums beyond 2^53 and long decimals keep all their digits', () => {
  const total = (x: ExactNumber) => valuesOf(stateOf([{ x, ratio: null }]))[5];
  expect(total({ unscaled: 2n ** 53n + 1n, scale: 0 })).toBe('9007199254740993');
  expect(total(exactNumber(12345678901234567891n, 10))).toBe('1234567890.1234567891');
});

/** All measures; exact numbers in digits, the median to two places. */
function valuesOf(state: RollupState): (number | string | null)[] {
  return state.map((_, index) => {
    const value = readMeasureAt(state, index);
    if (typeof value === 'object' && value !== null) return 'unscaled' in value ? formatExact(value) : null;
    return MEASURES[index]?.kind === 'quantile' && typeof value === 'number' ? Number(value.toFixed(2)) : value;
  });
}
