import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExactNumber } from '../event/exact-number.ts';
import { exactNumber } from '../event/exact-number.ts';
import type { CompiledMetric } from '../pack/compiled.ts';
import { createAnswer } from './answer.ts';
import type { AnswerTable } from './answer.ts';
import type { CursorMark } from './cursor.ts';
import { parseCursorMark } from './cursor.ts';
import type { StateAlgebra } from './measure-value.ts';
import { planQuestion } from './plan.ts';
import type { Plan } from './plan.ts';
import { parseQuestion } from './question.ts';
import type { QuestionInput } from './question.ts';

// The oracle never sees a cell: it filters the events themselves and adds them up.
interface Event {
  readonly atMs: number;
  readonly page: string | null;
  readonly size: number;
  readonly isBot: boolean;
  readonly value: number | null;
}

/** A state small enough to check by eye: how many events, how many values, their sum, their maximum. */
interface State {
  readonly count: number;
  readonly values: number;
  readonly sum: bigint;
  readonly max: bigint | null;
}

const ALGEBRA: StateAlgebra<State> = {
  empty: () => ({ count: 0, values: 0, sum: 0n, max: null }),
  merge: (a, b) => ({ count: a.count + b.count, values: a.values + b.values, sum: a.sum + b.sum, max: greatest(a.max, b.max) }),
  read(state, { measure }): ExactNumber | number | null {
    if (measure.kind === 'count') return exactNumber(BigInt(state.count), 0);
    if (state.values === 0) return null;
    if (measure.kind === 'avg') return Number(state.sum) / state.values;
    return measure.kind === 'sum' ? exactNumber(state.sum, 0) : exactNumber(state.max ?? 0n, 0);
  },
};

function greatest(a: bigint | null, b: bigint | null): bigint | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

const METRIC: CompiledMetric = {
  tenant: 'acme',
  pack: 'wiki',
  metric: 'wiki.edits',
  version: 1,
  eventTypes: ['wiki.edit'],
  dimensions: [
    { name: 'page', type: 'string' },
    { name: 'size', type: 'integer' },
    { name: 'is_bot', type: 'boolean' },
  ],
  sets: [
    { setNo: 0, dimensions: ['page', 'size', 'is_bot'], bySubject: false },
    { setNo: 1, dimensions: ['page'], bySubject: false },
    { setNo: 2, dimensions: ['page'], bySubject: true },
  ],
  grains: ['quarter_hour', 'hour', 'day'],
  measures: [
    { name: 'added', kind: 'sum', field: 'value', numbers: 'exact' },
    { name: 'edits', kind: 'count', numbers: 'exact' },
    { name: 'largest', kind: 'max', field: 'value', numbers: 'exact' },
    { name: 'mean', kind: 'avg', field: 'value', numbers: 'exact' },
    { name: 'spread', kind: 'quantile', field: 'value', numbers: 'exact' },
  ],
};
const MEASURES = ['edits', 'added', 'largest', 'mean'];
const T0 = Date.UTC(2025, 9, 25, 20);

const event = fc.record<Event>({
  atMs: fc.integer({ min: 0, max: 60 * 3_600_000 }).map((after) => T0 + after),
  page: fc.constantFrom('a', 'b', 'ab', '', null),
  size: fc.constantFrom(1, 2, 10),
  isBot: fc.boolean(),
  value: fc.option(fc.integer({ min: -5, max: 5 })),
});

/** Question literals may be read-only. */
type Deep<T> = T extends readonly (infer E)[] ? readonly Deep<E>[] : T extends object ? { readonly [K in keyof T]: Deep<T[K]> } : T;

function planOf(input: Deep<QuestionInput>, extra: { cursor?: CursorMark | null; nowMs?: number } = {}): Plan {
  const parsed = parseQuestion(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const plan = planQuestion({
    question: parsed.question,
    metric: METRIC,
    subject: null,
    cursor: null,
    nowMs: T0,
    bucketsMax: 5_000,
    ...extra,
  });
  if (!plan.ok) throw new Error(JSON.stringify(plan.fault));
  return plan.value;
}

/** Answers from one cell per event, dealt in a shuffled order: merging must not care how events were folded. */
function answer(plan: Plan, events: readonly Event[]): AnswerTable {
  const builder = createAnswer(plan, ALGEBRA, null);
  for (const one of events.toReversed()) {
    const all: Record<string, string | null> = { page: one.page, size: String(one.size), is_bot: String(one.isBot) };
    const sink = builder.series({ subject: '', dims: plan.dimensions.map(({ name }) => all[name] ?? null) });
    const value = one.value === null ? null : BigInt(one.value);
    const state = { count: 1, values: value === null ? 0 : 1, sum: value ?? 0n, max: value };
    sink?.(Math.floor(one.atMs / 900_000) * 900, state, 1);
  }
  return builder.finish();
}

/** What the measures of these events are, by adding them up. */
function measured(events: readonly Event[]): (number | null)[] {
  const values = events.flatMap(({ value }) => (value === null ? [] : [value]));
  const sum = values.reduce((a, b) => a + b, 0);
  if (values.length === 0) return [events.length, null, null, null];
  return [events.length, sum, Math.max(...values), sum / values.length];
}

const GROUPINGS = [[], ['page'], ['is_bot'], ['page', 'is_bot'], ['size']] as const;
const FILTERS: readonly { where: QuestionInput['where']; holds: (event: Event) => boolean }[] = [
  { where: {}, holds: () => true },
  { where: { page: { prefix: 'a' } }, holds: ({ page }) => page !== null && page.startsWith('a') },
  { where: { page: { ne: 'a' } }, holds: ({ page }) => page !== 'a' },
  { where: { page: { exists: false } }, holds: ({ page }) => page === null },
  { where: { size: { gte: 2, lt: 10 } }, holds: ({ size }) => size === 2 },
  { where: { is_bot: { eq: true }, size: { in: [10, 1] } }, holds: ({ isBot, size }) => isBot && size !== 2 },
];

function keyOf(one: Event, grouping: readonly string[]): (string | number | boolean | null)[] {
  const all: Record<string, string | number | boolean | null> = { page: one.page, is_bot: one.isBot, size: one.size };
  return grouping.map((name) => all[name] ?? null);
}

function grouped(events: readonly Event[], keyed: (event: Event) => unknown[]): Map<string, Event[]> {
  const groups = new Map<string, Event[]>();
  for (const one of events) {
    const key = JSON.stringify(keyed(one));
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}

const RANGE = { from: '2025-10-26', to: '2025-10-28', zone: 'Europe/Oslo' } as const;
const RANGE_MS = { from: Date.UTC(2025, 9, 25, 22), to: Date.UTC(2025, 9, 27, 23) }; // the first of the two days has 25 hours

describe('answers', () => {
  const ask = fc.record({
    events: fc.array(event, { maxLength: 60 }),
    grouping: fc.constantFrom(...GROUPINGS),
    filter: fc.constantFrom(...FILTERS),
  });

  test('a table holds, for any filter and groups, what adding up the events themselves gives', () => {
    fc.assert(
      fc.property(ask, ({ events, grouping, filter }) => {
        const plan = planOf({
          metric: 'wiki.edits',
          kind: 'table',
          ...RANGE,
          measures: MEASURES,
          group_by: [...grouping],
          where: filter.where,
        });
        const counted = events.filter((one) => filter.holds(one) && one.atMs >= RANGE_MS.from && one.atMs < RANGE_MS.to);
        const expected = [...grouped(counted, (one) => keyOf(one, grouping))].map(([key, of]) => [
          ...(JSON.parse(key) as unknown[]),
          ...measured(of),
        ]);
        const { rows, next, revision } = answer(plan, events);
        expect(rows.map((row) => JSON.stringify(row)).sort()).toEqual(expected.map((row) => JSON.stringify(row)).sort());
        const edits = rows.map((row) => Number(row[grouping.length]));
        expect(edits).toEqual(edits.toSorted((a, b) => b - a));
        expect([next, revision]).toEqual([null, counted.length]);
      }),
    );
  });

  test('a series holds, hour by hour in a zone, what adding up the events themselves gives', () => {
    fc.assert(
      fc.property(ask, ({ events, grouping, filter }) => {
        const input = { metric: 'wiki.edits', kind: 'series', grain: 'hour', ...RANGE, measures: MEASURES } as const;
        const plan = planOf({ ...input, group_by: [...grouping], where: filter.where });
        const counted = events.filter((one) => filter.holds(one) && one.atMs >= RANGE_MS.from && one.atMs < RANGE_MS.to);
        // Oslo is a whole number of hours from UTC on these days, so its hours are those of UTC.
        const hourOf = (one: Event): number => Math.floor(one.atMs / 3_600_000) * 3_600_000;
        const expected = [...grouped(counted, (one) => [hourOf(one), ...keyOf(one, grouping)])].map(([key, of]) => [
          ...(JSON.parse(key) as unknown[]),
          ...measured(of),
        ]);
        const rows = answer(plan, events).rows.map(([bucket, ...rest]) => [Date.parse(String(bucket)), ...rest]);
        expect(rows.map((row) => JSON.stringify(row)).sort()).toEqual(expected.map((row) => JSON.stringify(row)).sort());
        const times = rows.map(([at]) => Number(at));
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
    );
  });

  test('a summary is one row, whether anything happened or not', () => {
    fc.assert(
      fc.property(ask, ({ events, filter }) => {
        const plan = planOf({ metric: 'wiki.edits', kind: 'summary', ...RANGE, measures: MEASURES, where: filter.where });
        const counted = events.filter((one) => filter.holds(one) && one.atMs >= RANGE_MS.from && one.atMs < RANGE_MS.to);
        expect(answer(plan, events).rows).toEqual([measured(counted)]);
      }),
    );
  });

  test('filling gives every group of the answer every bucket, with zero only where zero is true', () => {
    const input = { metric: 'wiki.edits', kind: 'series', grain: 'day', measures: MEASURES, ...RANGE } as const;
    const events = [{ atMs: T0 + 5 * 3_600_000, page: 'a', size: 1, isBot: false, value: 3 }];
    const first = '2025-10-26T00:00:00.000+02:00';
    const second = '2025-10-27T00:00:00.000+01:00';
    const row = [first, 'a', 1, 3, 3, 3];
    expect(answer(planOf({ ...input, group_by: ['page'], fill: 'none' }), events).rows).toEqual([row]);
    expect(answer(planOf({ ...input, group_by: ['page'], fill: 'zero' }), events).rows).toEqual([row, [second, 'a', 0, 0, null, null]]);
    expect(answer(planOf({ ...input, group_by: ['page'], fill: 'null' }), events).rows).toEqual([
      row,
      [second, 'a', null, null, null, null],
    ]);
    expect(answer(planOf({ ...input, fill: 'zero' }), []).rows).toHaveLength(2);
  });

  test('pages of any size, by any order, hold every row once and in order', () => {
    const orders = fc.constantFrom('-edits', 'edits', '-added', 'mean', '-page', 'size', 'largest');
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 80 }), orders, fc.integer({ min: 1, max: 7 }), (events, order, limit) => {
        const input = {
          metric: 'wiki.edits',
          kind: 'table',
          ...RANGE,
          measures: MEASURES,
          group_by: ['page', 'size', 'is_bot'],
          order,
        } as const;
        const whole = answer(planOf(input), events).rows;
        const paged: unknown[] = [];
        let cursor: CursorMark | null = null;
        do {
          const page: AnswerTable = answer(planOf({ ...input, limit }, { cursor }), events);
          paged.push(...page.rows);
          // A cursor travels as JSON.
          cursor = page.next === null ? null : parseCursorMark(JSON.parse(JSON.stringify(page.next)));
        } while (cursor !== null);
        expect(paged).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  test('pages by offset tile a ranked table, and every row tells its place in the whole, by cursor as by offset', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 80 }), fc.integer({ min: 1, max: 7 }), (events, limit) => {
        const input = { metric: 'wiki.edits', kind: 'table', ...RANGE, measures: MEASURES, group_by: ['page', 'size'] } as const;
        const plain = answer(planOf(input), events).rows;
        const ranked = plain.map((row, at) => [at + 1, ...row]);
        const byOffset: unknown[] = [];
        for (let offset = 0; offset < plain.length; offset += limit) {
          const page = answer(planOf({ ...input, rank: true, limit, offset }), events);
          byOffset.push(...page.rows);
          expect(page.next === null).toBe(offset + limit >= plain.length);
        }
        expect(byOffset).toEqual(ranked);
        const first = answer(planOf({ ...input, rank: true, limit }), events);
        const second = first.next === null ? [] : answer(planOf({ ...input, rank: true, limit }, { cursor: first.next }), events).rows;
        expect([...first.rows, ...second]).toEqual(ranked.slice(0, 2 * limit));
        expect(answer(planOf({ ...input, offset: 1_000 }), events).rows).toEqual([]);
      }),
      { numRuns: 60 },
    );
    const { columns } = planOf({ metric: 'wiki.edits', kind: 'table', ...RANGE, measures: ['edits'], group_by: ['page'], rank: true });
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['rank', 'integer'],
      ['page', 'string'],
      ['edits', 'integer'],
    ]);
  });

  test('rows of the same value stand in the order of the bytes of their keys', () => {
    // UTF-8: U+FF5E is EF BD 9E, U+1F600 is F0 9F 98 80; in UTF-16 the second begins with D83D and would come first.
    const pages = ['b', '\u{1f600}', '\uff5e', 'a', '\u{1f600}a', 'ab'];
    const events = pages.map((page) => ({ atMs: RANGE_MS.from, page, size: 1, isBot: false, value: 1 }));
    const sorted = pages.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const input = { metric: 'wiki.edits', kind: 'table', ...RANGE, measures: ['edits'], group_by: ['page'] } as const;
    expect(answer(planOf({ ...input, rank: true }), events).rows).toEqual(sorted.map((page, at) => [at + 1, page, 1]));
    expect(answer(planOf({ ...input, order: '-page' }), events).rows).toEqual(sorted.toReversed().map((page) => [page, 1]));
  });

  test('a series asked so begins with the newest, page after page', () => {
    const hour = 3_600_000;
    const events = [0, 1, 2, 3].map((after) => ({ atMs: RANGE_MS.from + after * hour, page: 'a', size: 1, isBot: false, value: after }));
    const input = {
      metric: 'wiki.edits',
      kind: 'series',
      grain: 'hour',
      ...RANGE,
      measures: ['added'],
      order: '-bucket',
      limit: 3,
    } as const;
    const first = answer(planOf(input), events);
    const second = answer(planOf(input, { cursor: first.next }), events);
    expect([...first.rows, ...second.rows].map(([, added]) => added)).toEqual([3, 2, 1, 0]);
    expect(answer(planOf({ ...input, offset: 3 }), events).rows.map(([, added]) => added)).toEqual([0]);
  });

  test('a row that did not change is on exactly one page when rows arrive before and after the cursor', () => {
    const at = T0 + 6 * 3_600_000;
    const edit = (page: string): Event => ({ atMs: at, page, size: 1, isBot: false, value: 1 });
    const before = [edit('b'), edit('b'), edit('d'), edit('d'), edit('f'), edit('h')];
    const input = { metric: 'wiki.edits', kind: 'table', ...RANGE, measures: ['edits'], group_by: ['page'], limit: 2 } as const;
    const first = answer(planOf(input), before);
    expect(first.rows).toEqual([
      ['b', 2],
      ['d', 2],
    ]);
    const later = [...before, edit('a'), edit('a'), edit('a'), edit('g')];
    // "a" comes before the first page's rows and "g" after them; "f" and "h" did not change.
    expect(answer(planOf(input, { cursor: first.next }), later).rows).toEqual([
      ['f', 1],
      ['g', 1],
    ]);
  });

  test('the pages of a range relative to now keep the range of the first page', () => {
    const input = { metric: 'wiki.edits', kind: 'table', last: '2d', measures: ['edits'], group_by: ['page'], limit: 1 } as const;
    const events = ['a', 'b'].map((page) => ({ atMs: T0 - 1, page, size: 1, isBot: false, value: 1 }));
    const first = answer(planOf(input), events);
    const nextWeek = planOf(input, { cursor: first.next, nowMs: T0 + 7 * 86_400_000 });
    expect(answer(nextWeek, events).rows).toEqual([['b', 1]]);
  });

  test('integers that a double cannot hold and decimals are answered with all their digits', () => {
    const algebra: StateAlgebra<ExactNumber> = { empty: () => exactNumber(0n, 0), merge: (_, from) => from, read: (state) => state };
    const plan = planOf({ metric: 'wiki.edits', kind: 'summary', ...RANGE, measures: ['added'] });
    const shown = (unscaled: bigint, scale: number): unknown => {
      const builder = createAnswer(plan, algebra, null);
      builder.series({ subject: '', dims: [null] })?.(RANGE_MS.from / 1_000, exactNumber(unscaled, scale), 0);
      return builder.finish().rows[0]?.[0];
    };
    expect(shown(9_007_199_254_740_991n, 0)).toBe(9_007_199_254_740_991);
    expect(shown(9_007_199_254_740_993n, 0)).toBe('9007199254740993');
    expect(shown(10n ** 30n, 0)).toBe(`1${'0'.repeat(30)}`);
    expect(shown(1n, 1)).toBe(0.1);
    expect(shown(15n, 8)).toBe(0.00000015);
    expect(shown(12_345_678_901_234_567_890n, 10)).toBe('1234567890.123456789');
  });
});

describe('plans', () => {
  const faultOf = (input: QuestionInput, metric: CompiledMetric | null = METRIC): string => {
    const parsed = parseQuestion(input);
    if (!parsed.ok) return parsed.errors.map(({ path, code }) => `${path}:${code}`).join(' ');
    const plan = planQuestion({ question: parsed.question, metric, subject: null, cursor: null, nowMs: T0, bucketsMax: 1_000 });
    return plan.ok ? 'none' : `${plan.fault.path ?? ''}:${plan.fault.code}`;
  };
  const base = { metric: 'wiki.edits', ...RANGE } as const;

  test('the smallest stored set that holds what is asked is read, one by subject only for a subject', () => {
    const setOf = (input: Partial<QuestionInput>): number => planOf({ ...base, ...input }).range.setNo;
    expect(setOf({})).toBe(1);
    expect(setOf({ group_by: ['page'] })).toBe(1);
    expect(setOf({ group_by: ['page'], where: { size: { eq: 1 } } })).toBe(0);
    expect(setOf({ subject: 'user-1' })).toBe(2);
    expect(setOf({ group_by: ['subject'] })).toBe(2);
    expect(setOf({ subjects: ['user-1'] })).toBe(2);
  });

  test('of some subjects only their series count, of one among them only its own', () => {
    const counted = (input: Partial<QuestionInput>, subject: string | null = null): unknown => {
      const parsed = parseQuestion({ ...base, kind: 'table', measures: ['edits'], ...input });
      if (!parsed.ok) return parsed.errors.map(({ path }) => path);
      const plan = planQuestion({ question: parsed.question, metric: METRIC, subject, cursor: null, nowMs: T0, bucketsMax: 10 });
      if (!plan.ok) return plan.fault;
      const builder = createAnswer(plan.value, ALGEBRA, null);
      for (const one of ['ada', 'bob', 'eve']) {
        builder.series({ subject: one, dims: plan.value.dimensions.map(() => null) })?.(
          plan.value.range.fromS,
          { count: 1, values: 0, sum: 0n, max: null },
          0,
        );
      }
      return builder.finish().rows;
    };
    expect(counted({ group_by: ['subject'] })).toEqual([
      ['ada', 1],
      ['bob', 1],
      ['eve', 1],
    ]);
    expect(counted({ group_by: ['subject'], subjects: ['eve', 'ada', 'nobody'] })).toEqual([
      ['ada', 1],
      ['eve', 1],
    ]);
    expect(counted({ subjects: ['eve', 'ada'] })).toEqual([[2]]);
    expect(counted({ subjects: ['eve', 'ada'] }, 'ada')).toEqual([[1]]);
    expect(counted({ subjects: ['eve', 'ada'] }, 'bob')).toEqual([]);
    expect(counted({ subjects: [] })).toEqual(['subjects']);
  });

  test('what cannot be answered is refused with the member that is wrong', () => {
    expect(faultOf(base, null)).toBe('metric:metric_unknown');
    expect(faultOf({ ...base, measures: ['edits', 'nope'] })).toBe('measures.1:measure_unknown');
    expect(faultOf({ ...base, measures: ['spread'] })).toBe('measures.0:measure_unknown');
    expect(faultOf({ ...base, measures: ['spread.p95', 'p99.9'] })).toBe('none');
    expect(faultOf({ ...base, group_by: ['colour'] })).toBe('group_by:dimension_unknown');
    expect(faultOf({ ...base, subject: 'user-1', group_by: ['is_bot'] })).toBe('group_by:not_stored_together');
    expect(faultOf({ ...base, where: { size: { eq: '1' } } })).toBe('where.size.eq:where_type_mismatch');
    expect(faultOf({ ...base, where: { is_bot: { lt: true } } })).toBe('where.is_bot.lt:where_type_mismatch');
    expect(faultOf({ ...base, grain: 'minute' })).toBe('grain:grain_not_stored');
    expect(faultOf({ ...base, grain: 'hour', from: '2025-01-01' })).toBe('from:range_too_large');
    expect(faultOf({ ...base, from: '2025-10-29' })).toBe('to:time_invalid');
    expect(faultOf({ ...base, from: '2025-02-30' })).toBe('from:time_invalid');
    expect(faultOf({ ...base, zone: 'Europe/Atlantis' })).toBe('zone:zone_unknown');
    expect(faultOf({ ...base, order: 'page' })).toBe('order:question_invalid');
  });

  test('a question that does not follow the schema names each wrong member and repeats no value', () => {
    expect(faultOf({ metric: 'wiki.edits' })).toBe('from:not_allowed_here to:not_allowed_here');
    expect(faultOf({ ...base, last: '3d' })).toBe('last:not_allowed_here');
    expect(faultOf({ ...base, kind: 'summary', group_by: ['page'], grain: 'day' })).toBe(
      'grain:not_allowed_here group_by:not_allowed_here',
    );
    expect(faultOf({ ...base, days: 3, last: '3d' })).toBe('last:not_allowed_here');
    expect(faultOf({ ...base, days: 3 })).toBe('days:not_allowed_here');
    expect(faultOf({ ...base, start: '2025-10-26' })).toBe('start:not_allowed_here');
    expect(faultOf({ metric: 'wiki.edits', end: '2025-10-26' })).toBe('start:not_allowed_here');
    expect(faultOf({ ...base, as_of: '2025-10-26' })).toBe('as_of:not_allowed_here');
    expect(faultOf({ metric: 'wiki.edits', start: '2025-10-26', end: '2025-10-25' })).toBe('end:time_invalid');
    expect(faultOf({ metric: 'wiki.edits', start: '2025-02-30', end: '2025-10-25' })).toBe('start:time_invalid');
    expect(faultOf({ metric: 'wiki.edits', start: '2025-02-01', end: '2025-02-30' })).toBe('end:time_invalid');
    expect(faultOf({ metric: 'wiki.edits', days: 3, as_of: '2025-02-30' })).toBe('as_of:time_invalid');
    expect(faultOf({ ...base, rank: true })).toBe('rank:not_allowed_here');
    expect(faultOf({ ...base, offset: 1, cursor: 'x' })).toBe('offset:not_allowed_here');
    const parsed = parseQuestion({ ...base, limit: 0, where: { 'SECRET x': { eq: 1 } }, secret: 'hunter2', metric: 'SECRET' });
    expect(JSON.stringify(parsed)).not.toMatch(/SECRET|hunter2|secret/);
    expect(parsed.ok).toBe(false);
  });

  test('a window of dates ends with the midnight after as_of or after its end, whatever the days are long', () => {
    const rangeOf = (input: Partial<QuestionInput>, nowMs = T0): readonly string[] => {
      const { fromMs, toMs } = planOf({ metric: 'wiki.edits', kind: 'summary', zone: 'Europe/Oslo', ...input }, { nowMs });
      return [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
    };
    // Oslo is two hours ahead through October 26, 2025, 01:00 UTC, and one hour from then on: that Sunday has 25 hours.
    expect(rangeOf({ days: 1, as_of: '2025-10-26T12:00' })).toEqual(['2025-10-25T22:00:00.000Z', '2025-10-26T23:00:00.000Z']);
    expect(rangeOf({ days: 3, as_of: '2025-10-27T22:59:59.999Z' })).toEqual(['2025-10-24T22:00:00.000Z', '2025-10-27T23:00:00.000Z']);
    expect(rangeOf({ days: 1, as_of: '2025-10-27T23:00:00.000Z' })).toEqual(['2025-10-27T23:00:00.000Z', '2025-10-28T23:00:00.000Z']);
    expect(rangeOf({ start: '2025-10-26', end: '2025-10-27' })).toEqual(['2025-10-25T22:00:00.000Z', '2025-10-27T23:00:00.000Z']);
    expect(rangeOf({ start: '2025-10-26', end: '2025-10-26' })).toEqual(['2025-10-25T22:00:00.000Z', '2025-10-26T23:00:00.000Z']);
    // March 30 has 23 hours.
    expect(rangeOf({ start: '2025-03-30', end: '2025-03-30' })).toEqual(['2025-03-29T23:00:00.000Z', '2025-03-30T22:00:00.000Z']);
    // Without as_of it is now; T0 is 22:00 of October 25 there.
    expect(rangeOf({ days: 2 })).toEqual(['2025-10-23T22:00:00.000Z', '2025-10-25T22:00:00.000Z']);
    expect(rangeOf({ last: '2d', as_of: '2025-10-26T12:00' })).toEqual(['2025-10-24T22:00:00.000Z', '2025-10-26T23:00:00.000Z']);
  });

  test('a cursor of another question is refused', () => {
    const first = answer(planOf({ ...base, kind: 'table', group_by: ['page'], measures: ['edits'], limit: 1 }), [
      { atMs: RANGE_MS.from, page: 'a', size: 1, isBot: false, value: 1 },
      { atMs: RANGE_MS.from, page: 'b', size: 1, isBot: false, value: 1 },
    ]);
    const parsed = parseQuestion({ ...base, kind: 'table', group_by: ['page'], measures: ['mean'] });
    if (!parsed.ok) throw new Error('the question is valid');
    const plan = planQuestion({ question: parsed.question, metric: METRIC, subject: null, cursor: first.next, nowMs: T0, bucketsMax: 10 });
    expect(plan.ok ? null : plan.fault.code).toBe('cursor_invalid');
  });
});
