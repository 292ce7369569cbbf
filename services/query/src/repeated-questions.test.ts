import { planQuestion } from '@tidegate/core';
import type { PlanAsk, Question } from '@tidegate/core';
import { expect, test } from 'vitest';
import { METRIC } from '../test/fixtures.ts';
import { decodeQuestion, parseQuestionOnce, planQuestionOnce } from './repeated-questions.ts';

const TEXT = JSON.stringify({ metric: 'wiki.edits', kind: 'summary', last: '1d' });

test('the same text is the same question, and another one is not', () => {
  const [first, again, other] = [TEXT, TEXT, TEXT.replace('1d', '2d')].map((text) => decodeQuestion(text));
  if (first?.ok !== true || again?.ok !== true || other?.ok !== true) throw new Error('no JSON');
  expect(again.value).toBe(first.value);
  expect(parseQuestionOnce(again.value)).toBe(parseQuestionOnce(first.value));
  expect(parseQuestionOnce(first.value)).toMatchObject({ ok: true, question: { last: '1d' } });
  expect(parseQuestionOnce(other.value)).toMatchObject({ ok: true, question: { last: '2d' } });
});

test('what is no JSON or no question stays refused', () => {
  expect([decodeQuestion('{'), decodeQuestion('{')].map(({ ok }) => ok)).toEqual([false, false]);
  expect([7, null, {}].map((value) => parseQuestionOnce(value).ok)).toEqual([false, false, false]);
});

function questionOf(text: string): Question {
  const decoded = decodeQuestion(text);
  const parsed = parseQuestionOnce(decoded.ok ? decoded.value : null);
  if (!parsed.ok) throw new Error('no question');
  return parsed.question;
}

test('a question is planned once, and anew for whatever the plan is made of', () => {
  const days = { metric: 'wiki.edits', kind: 'series', from: '2024-10-01', to: '2024-10-08' };
  const ask: PlanAsk = {
    ...{ question: questionOf(JSON.stringify(days)), metric: METRIC, subject: null, cursor: null, nowMs: 0, bucketsMax: 100, floors: {} },
  };
  const planOf = (changes: Partial<PlanAsk> = {}): unknown => {
    const plan = planQuestionOnce({ ...ask, ...changes });
    // Whatever was planned before, it is what planning says now.
    expect(plan).toEqual(planQuestion({ ...ask, ...changes }));
    return plan.ok ? plan.value : plan.fault.code;
  };
  const first = planOf();
  expect(planOf({ nowMs: 86_400_000, floors: {} })).toBe(first);
  const changes: Partial<PlanAsk>[] = [
    { metric: { ...METRIC, version: 2 } },
    { subject: 'f'.repeat(64) },
    { floors: { quarter_hour: 900 } },
    { floors: { day: 86_400 } },
    { bucketsMax: 3 },
  ];
  for (const change of changes) {
    planOf();
    expect(planOf(change)).not.toBe(planOf());
  }
  expect(planOf({ metric: null })).toBe('metric_unknown');
  const mark = { question: 'of another one', fromMs: 0, toMs: 86_400_000, row: [] } as unknown as NonNullable<PlanAsk['cursor']>;
  expect(planOf({ cursor: mark })).toBe('cursor_invalid');
});

test.each(['"last":"1d"', '"days":1'])('a range that follows the clock (%s) is planned at each asking', (range) => {
  const ask: PlanAsk = {
    ...{
      question: questionOf(TEXT.replace('"last":"1d"', range)),
      metric: METRIC,
      subject: null,
      cursor: null,
      nowMs: 1_700_000_000_000,
      bucketsMax: 100,
    },
  };
  const [now, later] = [planQuestionOnce(ask), planQuestionOnce({ ...ask, nowMs: ask.nowMs + 2 * 86_400_000 })];
  if (!now.ok || !later.ok) throw new Error('no plan');
  expect(later.value.toMs - now.value.toMs).toBe(2 * 86_400_000);
});
