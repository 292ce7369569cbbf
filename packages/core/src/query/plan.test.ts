import { expect, test } from 'vitest';
import type { CompiledMetric } from '../pack/compiled.ts';
import { planQuestion } from './plan.ts';
import type { Plan } from './plan.ts';
import { parseQuestion } from './question.ts';

const METRIC: CompiledMetric = {
  ...{ tenant: 'acme', pack: 'p', metric: 'm', version: 1, eventTypes: ['e'] },
  dimensions: [],
  sets: [{ setNo: 0, dimensions: [], bySubject: false }],
  grains: ['quarter_hour', 'hour', 'day'],
  measures: [{ name: 'events', kind: 'count', numbers: 'exact' }],
};

function planned(from: string, to: string): Plan {
  const parsed = parseQuestion({ metric: 'm', kind: 'series', grain: 'day', from, to });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const made = planQuestion({ question: parsed.question, metric: METRIC, subject: null, cursor: null, nowMs: 0, bucketsMax: 10_000 });
  if (!made.ok) throw new Error(made.fault.message);
  return made.value;
}

test('ranges that end at different instants of one quarter of an hour share their buckets, and each says whether it was widened', () => {
  const now = planned('2026-11-01T00:00:00Z', '2026-11-20T10:17:03.250Z');
  const later = planned('2026-11-01T00:00:00Z', '2026-11-20T10:29:59.999Z');
  const whole = planned('2026-11-01T00:00:00Z', '2026-11-20T10:30:00Z');
  expect(later.buckets).toBe(now.buckets);
  expect(whole.buckets).toBe(now.buckets);
  expect(now.buckets?.edgesMs.at(-1)).toBe(Date.UTC(2026, 10, 20, 10, 30));
  expect([now, later, whole].map(({ edgesRounded }) => edgesRounded)).toEqual([true, true, false]);
  const next = planned('2026-11-01T00:00:00Z', '2026-11-20T10:30:00.001Z');
  expect(next.buckets?.edgesMs.at(-1)).toBe(Date.UTC(2026, 10, 20, 10, 45));
});

test('a range of all years that ends now has its buckets cut once', () => {
  const [first, second] = [planned('2000-01-01', '2026-11-20T10:17:03Z'), planned('2000-01-01', '2026-11-20T10:18:00Z')];
  expect(first.buckets?.startsMs.length).toBe(9_821);
  expect(second.buckets).toBe(first.buckets);
});
