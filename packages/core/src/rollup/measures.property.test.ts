import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareExact, exactNumber, parseExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import { hashText } from '../hash/value-hash.ts';
import type { CompiledMeasure, CompiledMetric } from '../pack/compiled.ts';
import type { EventView } from './event-view.ts';
import { createFoldPlan } from './fold-plan.ts';
import { createFolder } from './folder.ts';
import { createState, decodeState, encodeState, findMeasure, mergeState, readMeasureAt } from './state.ts';
import type { RollupState } from './state.ts';

const BOUNDS = ['-1', '0', '0.3', '10'];
const bounds = { exact: BOUNDS.map((bound) => parseExact(bound) ?? exactNumber(0n, 0)), doubles: BOUNDS.map(Number) };

/** Sorted by name. `x` is exact, `ratio` a double, `city` a text. */
const MEASURES: readonly CompiledMeasure[] = [
  { name: 'a_first', kind: 'first', field: 'x', numbers: 'exact', valueType: 'decimal' },
  { name: 'b_last', kind: 'last', field: 'city', numbers: 'exact', valueType: 'string' },
  { name: 'c_last', kind: 'last', field: 'ratio', numbers: 'double', valueType: 'number' },
  { name: 'd_cities', kind: 'distinct', field: 'city', numbers: 'exact', exactTo: 3 },
  { name: 'e_people', kind: 'distinct', field: 'subject', numbers: 'exact', exactTo: 1_024 },
  { name: 'f_top', kind: 'top_k', field: 'city', numbers: 'exact', valueType: 'string', k: 3, counters: 20 },
  { name: 'g_spread', kind: 'variance', field: 'x', numbers: 'exact' },
  { name: 'h_spread', kind: 'variance', field: 'ratio', numbers: 'double' },
  { name: 'i_sizes', kind: 'histogram', field: 'x', numbers: 'exact', bounds },
];
/** Those whose bytes do not depend on any order: all but the variance of doubles. */
const BYTEWISE = MEASURES.filter(({ name }) => name !== 'h_spread');
const at = (name: string): number => MEASURES.findIndex((measure) => measure.name === name);

interface Event {
  readonly timeMs: number;
  readonly id: string;
  readonly subject: string;
  readonly city: string | null;
  /** Digits, or null where the member is absent. */
  readonly x: string | null;
  readonly ratio: number | null;
}

const events: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    // Few instants and ids, so that ties are met: also two events of one id, from two sources.
    timeMs: fc.integer({ min: -2, max: 2 }),
    id: fc.constantFrom('a', 'b', 'ab', 'ø', '\u{1f600}', '\uffff'),
    subject: fc.constantFrom('', 'p1', 'p2', 'p3'),
    city: fc.option(fc.constantFrom('', 'oslo', 'bergen', 'tromsø', 'bodø')),
    x: fc.option(fc.oneof(fc.constantFrom('-1', '0', '0.3', '0.30000000000000000001', '0.29999999999999999999', '10', '1e3'), number())),
    ratio: fc.option(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map((value) => value / 1_024)),
  }),
  { maxLength: 25 },
);

function number(): fc.Arbitrary<string> {
  return fc.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat({ max: 18 })).map(([digits, scale]) => `${digits}e-${scale}`);
}

const utf8 = new TextEncoder();

function view(event: Event): EventView {
  const text = (field: string): string | null => (field === 'city' ? event.city : null);
  return {
    tenant: () => 'acme',
    type: () => 'visit',
    subject: () => event.subject,
    timeMs: () => event.timeMs,
    kind: (field) => (text(field) === null ? 'absent' : 'string'),
    text: (field) => text(field) ?? '',
    boolean: () => false,
    exact: () => (event.x === null ? null : parseExact(event.x)),
    double: () => event.ratio ?? Number.NaN,
    dimension: text,
    valueHash: (field) => (text(field) === null ? 0 : hashText(text(field) ?? '')),
    subjectHash: () => (event.subject === '' ? 0 : hashText(event.subject)),
    ...{ id: () => '', source: () => '', json: () => '' },
    copyId: (into) => utf8.encodeInto(event.id, into).written,
  };
}

function metric(measures: readonly CompiledMeasure[]): CompiledMetric {
  const sets = [{ setNo: 0, dimensions: [], bySubject: false }];
  return {
    tenant: 'acme',
    pack: 'p',
    metric: 'm',
    version: 1,
    eventTypes: ['visit'],
    dimensions: [],
    sets,
    grains: ['quarter_hour'],
    measures,
  };
}

/** Of events that lie within milliseconds of 1970, in one cell on each side of it: the two are merged. */
function stateOf(all: readonly Event[], measures = MEASURES): RollupState {
  const plan = createFoldPlan([metric(measures)]);
  const folder = createFolder(() => plan);
  for (const event of all) folder.fold(view(event), 0);
  return merged(
    folder.take().deltas.map(({ state }) => state),
    measures,
  );
}

function merged(states: readonly RollupState[], measures = MEASURES): RollupState {
  const into = createState(measures);
  for (const state of states) mergeState(into, state);
  return into;
}

function compareText(a: string, b: string): number {
  const [left, right] = [utf8.encode(a), utf8.encode(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    if (left[i] !== right[i]) return (left[i] ?? 0) - (right[i] ?? 0);
  }
  return left.length - right.length;
}

/** Carried values in the order of (occurred_at, id), ties by value. */
function ordered<T>(all: readonly Event[], value: (event: Event) => T | null, compare: (a: T, b: T) => number): T[] {
  return all
    .flatMap((event) => {
      const carried = value(event);
      return carried === null ? [] : [{ event, carried }];
    })
    .sort((a, b) => a.event.timeMs - b.event.timeMs || compareText(a.event.id, b.event.id) || compare(a.carried, b.carried))
    .map(({ carried }) => carried);
}

function valuesOf(all: readonly Event[]): ExactNumber[] {
  return all.flatMap(({ x }) => (x === null ? [] : (parseExact(x) ?? [])));
}

/** Variance as the fraction Σ(x - mean)² / degrees in whole numbers of 10^-40, by way of n·x - Σx: no square is summed up. */
function varianceOf(values: readonly ExactNumber[], degrees: number): number | null {
  if (degrees < 1) return null;
  const scaled = values.map(({ unscaled, scale }) => BigInt(unscaled) * 10n ** BigInt(20 - scale));
  const n = BigInt(values.length);
  const sum = scaled.reduce((total, value) => total + value, 0n);
  const distances = scaled.reduce((total, value) => total + (n * value - sum) ** 2n, 0n);
  return Number(`${(distances * 10n ** 40n) / (n * n * BigInt(degrees))}e-80`);
}

test('every value equals that of a brute-force recount', () => {
  fc.assert(
    fc.property(events, (all) => {
      const state = stateOf(all);
      const read = (name: string) => readMeasureAt(state, at(name));
      const exacts = ordered(all, ({ x }) => (x === null ? null : parseExact(x)), compareExact);
      expect(read('a_first')).toEqual(exacts[0] ?? null);
      expect(read('b_last')).toEqual(ordered(all, ({ city }) => city, compareCodeUnits).at(-1) ?? null);
      expect(read('c_last')).toEqual(
        ordered(
          all,
          ({ ratio }) => ratio,
          (a, b) => a - b,
        ).at(-1) ?? null,
      );
      const cities = new Set(all.flatMap(({ city }) => city ?? []));
      if (cities.size <= 3) expect(read('d_cities')).toBe(cities.size);
      expect(read('e_people')).toBe(new Set(all.flatMap(({ subject }) => (subject === '' ? [] : [subject]))).size);
      expect(read('f_top')).toEqual(
        [...cities]
          .map((city) => ({ value: city, count: all.filter((event) => event.city === city).length, error: 0 }))
          .sort((a, b) => b.count - a.count || compareCodeUnits(a.value, b.value))
          .slice(0, 3),
      );
      expectBins(read('i_sizes'), valuesOf(all));
    }),
    { numRuns: 300 },
  );
});

function compareCodeUnits(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function expectBins(read: unknown, values: readonly ExactNumber[]): void {
  const { exact } = bounds;
  const inside = (value: ExactNumber, from: ExactNumber | null, to: ExactNumber | null) =>
    (from === null || compareExact(value, from) >= 0) && (to === null || compareExact(value, to) < 0);
  const ends = [null, ...exact, null];
  const expected = ends.slice(1).map((to, bin) => ({
    from: ends[bin] ?? null,
    to,
    count: values.filter((value) => inside(value, ends[bin] ?? null, to)).length,
  }));
  expect(read).toEqual(expected);
}

test('variance and standard deviation of exact numbers are the doubles nearest to the exact fraction, of sample and population', () => {
  fc.assert(
    fc.property(events, (all) => {
      const values = valuesOf(all);
      const state = stateOf(all);
      const read = (figure: 'variance' | 'stddev' | 'variance_pop' | 'stddev_pop') => readMeasureAt(state, at('g_spread'), { figure });
      const sample = varianceOf(values, values.length - 1);
      const population = varianceOf(values, values.length);
      expect(read('variance')).toBe(sample);
      expect(read('variance_pop')).toBe(population);
      expect(read('stddev')).toBe(sample === null ? null : Math.sqrt(sample));
      expect(read('stddev_pop')).toBe(population === null ? null : Math.sqrt(population));
    }),
  );
});

test('the variance of doubles is that of the exact fraction of the same doubles, to twelve digits of the greatest square', () => {
  fc.assert(
    fc.property(events, events, (a, b) => {
      const ratios = [...a, ...b].flatMap(({ ratio }) => ratio ?? []);
      const exact = ratios.map((ratio) => parseExact(ratio.toFixed(20)) ?? exactNumber(0n, 0));
      const expected = varianceOf(exact, exact.length - 1);
      const found = readMeasureAt(merged([stateOf(a), stateOf(b)]), at('h_spread'), { figure: 'variance' });
      const greatest = Math.max(0, ...ratios.map((ratio) => ratio * ratio));
      expect(found === null).toBe(expected === null);
      expect(Math.abs(Number(found) - Number(expected))).toBeLessThanOrEqual(greatest * 1e-12);
    }),
  );
});

test('values far from zero do not cancel: the variance of 1e9 + {4, 7, 13, 16} is 30', () => {
  // Chan, Golub and LeVeque's example; with sums of squares in doubles it comes out as -170.67 or 29.3.
  const all = [4, 7, 13, 16].map((value, i): Event => {
    return { timeMs: i, id: 'a', subject: '', city: null, x: String(1e9 + value), ratio: 1e9 + value };
  });
  const state = stateOf(all);
  expect(readMeasureAt(state, at('g_spread'), { figure: 'variance' })).toBe(30);
  expect(readMeasureAt(state, at('h_spread'), { figure: 'variance' })).toBe(30);
});

test('a standard deviation needs two values, of a population one', () => {
  const one: Event = { timeMs: 0, id: 'a', subject: '', city: null, x: '5', ratio: 5 };
  for (const name of ['g_spread', 'h_spread']) {
    const read = (all: Event[], figure: 'stddev' | 'stddev_pop') => readMeasureAt(stateOf(all), at(name), { figure });
    expect([read([], 'stddev'), read([], 'stddev_pop'), read([one], 'stddev'), read([one], 'stddev_pop')]).toEqual([null, null, null, 0]);
  }
});

test('merging is associative and commutative with the empty state as neutral element, byte for byte', () => {
  fc.assert(
    fc.property(events, events, events, (a, b, c) => {
      const of = (all: readonly Event[]) => stateOf(all, BYTEWISE);
      const all = encodeState(of([...a, ...b, ...c]));
      expect(encodeState(merged([of(a), merged([of(b), of(c)], BYTEWISE)], BYTEWISE))).toEqual(all);
      expect(encodeState(merged([merged([of(c), of(a)], BYTEWISE), of(b)], BYTEWISE))).toEqual(all);
      const source = of(a);
      expect(encodeState(merged([createState(BYTEWISE), source, createState(BYTEWISE)], BYTEWISE))).toEqual(encodeState(of(a)));
      // The source is left as it was, also by what is merged into its copy afterwards.
      const into = merged([source], BYTEWISE);
      mergeState(into, of(b));
      expect(encodeState(source)).toEqual(encodeState(of(a)));
    }),
  );
});

test('bytes read back give the same state, and bytes cut short give none', () => {
  fc.assert(
    fc.property(events, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (all, part) => {
      const bytes = encodeState(stateOf(all));
      const read = decodeState(bytes, MEASURES);
      expect(read === null ? null : encodeState(read)).toEqual(bytes);
      expect(decodeState(bytes.slice(0, Math.floor(bytes.length * part)), MEASURES)).toBeNull();
    }),
  );
});

test('any bytes are a state or none: reading never throws', () => {
  const good = encodeState(createState(MEASURES));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(good.length - 1), fc.nat(255), (tail, place, byte) => {
      const flipped = good.slice();
      flipped[place] = byte;
      for (const bytes of [Uint8Array.of(1, ...tail), flipped]) {
        const read = decodeState(bytes, MEASURES);
        if (read !== null) expect(decodeState(encodeState(read), MEASURES)).not.toBeNull();
      }
    }),
    { numRuns: 1_000 },
  );
});

describe('states of version 1', () => {
  const all: Event[] = [
    { timeMs: 1, id: 'a', subject: 'p1', city: 'oslo', x: '1.5', ratio: 0.5 },
    { timeMs: 2, id: 'b', subject: 'p1', city: 'bergen', x: '-2', ratio: null },
    { timeMs: 0, id: 'c', subject: '', city: 'oslo', x: null, ratio: 1.5 },
  ];
  const hash = (text: string): string => varint(hashText(text));
  // mean 1, Σ(x - mean)² = 0.5; Σx = -0.5, Σx² = 2.25 + 4 = 6.25.
  const version1: readonly (readonly [string, string, string])[] = [
    ['a_first', '01 02 01 61 01 1e', 'at 1 ms, id "a", 15 / 10^1'],
    ['b_last', '01 04 01 62 06 62657267656e', 'at 2 ms, id "b", "bergen"'],
    ['c_last', '01 02 01 61 ff 000000000000e03f', 'at 1 ms, id "a", 0.5'],
    ['d_cities', `00 02 ${pair(hashText('oslo'), hashText('bergen'))}`, 'exact: two hashes, each as its distance to the one before'],
    ['e_people', `00 01 ${hash('p1')}`, 'exact: one hash'],
    ['f_top', '00 02 04 6f736c6f 02 00 06 62657267656e 01 00', 'floor 0; "oslo" 2 with error 0, "bergen" 1'],
    ['g_spread', '02 01 09 02 e209', '2 values; sum -5 / 10^1; squares 625 / 10^2'],
    ['h_spread', '02 ff 000000000000f03f 000000000000e03f', '2 values; mean 1; squared distances 0.5'],
    ['i_sizes', '05 01 00 00 01 00', 'five bins: -2 below -1, 1.5 from 0.3 on'],
  ];

  test.each(version1)('of %s stay readable', (name, hex, _meaning) => {
    const measures = MEASURES.filter((measure) => measure.name === name);
    const bytes = Uint8Array.from((`01${hex}`.replaceAll(' ', '').match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)));
    expect(encodeState(stateOf(all, measures))).toEqual(bytes);
    const read = decodeState(bytes, measures);
    expect(read === null ? null : readMeasureAt(read, 0)).toEqual(readMeasureAt(stateOf(all, measures), 0));
  });
});

function varint(value: number): string {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function pair(a: number, b: number): string {
  const [low, high] = a < b ? [a, b] : [b, a];
  return `${varint(low)}${varint(high - low)}`;
}

test('a question names figures of a variance by measure, or alone where there is one', () => {
  expect(findMeasure(MEASURES, 'g_spread.stddev')).toEqual({ index: 6, figure: 'stddev' });
  expect(findMeasure(MEASURES, 'h_spread.variance_pop')).toEqual({ index: 7, figure: 'variance_pop' });
  expect(findMeasure(MEASURES.slice(0, 7), 'stddev')).toEqual({ index: 6, figure: 'stddev' });
  expect(findMeasure(MEASURES, 'g_spread.mean')).toEqual({ index: 6, figure: 'mean' });
  for (const name of ['stddev', 'mean', 'count', 'g_spread', 'g_spread.p50', 'g_spread.median', 'f_top.stddev'])
    expect(findMeasure(MEASURES, name)).toBeNull();
  for (const alone of ['mean', 'count']) expect(findMeasure(MEASURES.slice(6, 7), alone)).toBeNull();
  const named: CompiledMeasure[] = [{ name: 'stddev', kind: 'variance', field: 'x', numbers: 'exact' }];
  expect(findMeasure(named, 'stddev')).toEqual({ index: 0, figure: 'stddev' });
});
