import type { AnswerTable } from '@tidegate/core';
import { expect, test } from 'vitest';
import { createMadeAnswers } from './made-answers.ts';

const table = (...values: number[]): AnswerTable => ({
  rows: values.map((value) => [value]),
  next: null,
  revision: 0,
  overBudget: [],
  suppressed: 0,
});
const version = (token: string, ...counters: number[]): { token: string; counters: number[] } => ({ token, counters });

test('an answer is found while its chunks are as they were, with its age, and for so long', () => {
  let nowMs = 1_000;
  const made = createMadeAnswers({ nowMs: () => nowMs, valuesMax: 100, ttlMs: 500 });
  const answer = table(1, 2);
  made.keep('q', [version('a', 1, 2), version('b', 7)], { table: answer, ageMs: 20 });
  nowMs += 100;
  expect(made.find('q', [version('a', 1, 2), version('b', 7)])).toEqual({ table: answer, ageMs: 120 });
  // A cell more, another chunk, a chunk fewer, another question.
  expect(made.find('q', [version('a', 1, 3), version('b', 7)])).toBeNull();
  expect(made.find('q', [version('a', 1, 2), version('c', 7)])).toBeNull();
  expect(made.find('q', [version('a', 1, 2)])).toBeNull();
  expect(made.find('p', [version('a', 1, 2), version('b', 7)])).toBeNull();
  nowMs += 500;
  expect(made.find('q', [version('a', 1, 2), version('b', 7)])).toBeNull();
});

test('no more values are held than may be; one answer of more is not held', () => {
  const made = createMadeAnswers({ nowMs: () => 0, valuesMax: 10, ttlMs: 500 });
  for (const name of ['a', 'b', 'c']) made.keep(name, [version(name, 1)], { table: table(1, 2, 3), ageMs: 0 });
  // Four each: one for the answer itself.
  expect(['a', 'b', 'c'].filter((name) => made.find(name, [version(name, 1)]) !== null)).toEqual(['b', 'c']);
  made.keep('large', [version('l', 1)], { table: table(...Array.from({ length: 20 }, (_, at) => at)), ageMs: 0 });
  expect(made.find('large', [version('l', 1)])).toBeNull();
});
