import { expect, test } from 'vitest';
import { decodeQuestion, parseQuestionOnce } from './repeated-questions.ts';

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
