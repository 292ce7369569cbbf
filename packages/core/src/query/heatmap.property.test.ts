import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactNumber } from '../event/exact-number.ts';
import type { CompiledMetric } from '../pack/compiled.ts';
import { createAnswer } from './answer.ts';
import type { AnswerTable } from './answer.ts';
import type { StateAlgebra } from './measure-value.ts';
import { planQuestion } from './plan.ts';
import type { Plan } from './plan.ts';
import { parseQuestion } from './question.ts';

const METRIC: CompiledMetric = {
  ...{ tenant: 'acme', pack: 'wiki', metric: 'wiki.edits', version: 1, eventTypes: ['wiki.edit'] },
  dimensions: [{ name: 'page', type: 'string' }],
  sets: [{ setNo: 0, dimensions: ['page'], bySubject: false }],
  grains: ['quarter_hour', 'hour', 'day'],
  measures: [{ name: 'edits', kind: 'count', numbers: 'exact' }],
};

const COUNTING: StateAlgebra<number> = { empty: () => 0, merge: (a, b) => a + b, read: (n) => exactNumber(BigInt(n), 0) };

function plan(question: Readonly<Record<string, unknown>>): Plan {
  const parsed = parseQuestion({ metric: 'wiki.edits', kind: 'heatmap', ...question });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const planned = planQuestion({
    ...{ question: parsed.question, metric: METRIC, subject: null, cursor: null, nowMs: 0 },
    bucketsMax: 10_000,
  });
  if (!planned.ok) throw new Error(JSON.stringify(planned.fault));
  return planned.value;
}

function answer(planned: Plan, events: readonly { atMs: number; page: string }[]): AnswerTable {
  const builder = createAnswer(planned, COUNTING, null);
  for (const { atMs, page } of events) builder.series({ subject: '', dims: [page] })?.(Math.floor(atMs / 900_000) * 900, 1, 0);
  return builder.finish();
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** As the platform's own calendar tells it. */
function weekdayAndHourIn(zone: string, atMs: number): readonly [number, number] {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: 'numeric', hourCycle: 'h23' });
  const part = (type: string): string => format.formatToParts(atMs).find((one) => one.type === type)?.value ?? '';
  return [WEEKDAYS.indexOf(part('weekday')) + 1, Number(part('hour'))];
}

// Both nights of 2025 on which clocks change in Oslo and in Lord Howe, where they change by half an hour.
const FROM = Date.UTC(2025, 2, 1);
const event = fc.record({
  atMs: fc.integer({ min: 0, max: 260 * 96 - 1 }).map((quarter) => FROM + quarter * 900_000),
  page: fc.constantFrom('a', 'b'),
});

test('a heatmap holds each event at the weekday and the hour that the clocks of the zone showed', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Oslo', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia');
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), zones, (events, zone) => {
      const range = { from: '2025-03-01T00:00Z', to: '2025-11-16T00:00Z', zone };
      const { rows } = answer(plan({ ...range, group_by: ['page'] }), events);
      const expected = new Map<string, number>();
      for (const { atMs, page } of events) {
        const key = JSON.stringify([...weekdayAndHourIn(zone, atMs), page]);
        expected.set(key, (expected.get(key) ?? 0) + 1);
      }
      const found = new Map(rows.map((row) => [JSON.stringify(row.slice(0, 3)), Number(row[3])]));
      expect(found).toEqual(new Map([...expected].toSorted()));
    }),
    { numRuns: 60 },
  );
});

test('a heatmap is in the order of the week, and is filled with all 168 hours where it is asked to be', () => {
  const monday9 = Date.UTC(2025, 2, 3, 9);
  const range = { from: '2025-03-01', to: '2025-03-15' };
  const events = [monday9 + 3_600_000, monday9, monday9 + 7 * 86_400_000].map((atMs) => ({ atMs, page: 'a' }));
  const planned = plan(range);
  expect(planned.columns.map(({ name }) => name)).toEqual(['weekday', 'hour', 'edits']);
  expect(answer(planned, events).rows).toEqual([
    [1, 9, 2],
    [1, 10, 1],
  ]);
  const filled = answer(plan({ ...range, fill: 'zero' }), events).rows;
  expect(filled.length).toBe(168);
  expect(filled[9]).toEqual([1, 9, 2]);
  expect(filled[167]).toEqual([7, 23, 0]);
  expect(answer(plan({ ...range, order: '-edits', limit: 1 }), events)).toMatchObject({ rows: [[1, 9, 2]] });
});

test('a heatmap has a grain of its own', () => {
  const parsed = parseQuestion({ metric: 'wiki.edits', kind: 'heatmap', last: '7d', grain: 'day' });
  expect(parsed).toMatchObject({ ok: false, errors: [{ path: 'grain' }] });
});
