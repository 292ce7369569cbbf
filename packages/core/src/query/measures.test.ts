import { describe, expect, test } from 'vitest';
import { exactNumber, parseExact } from '../event/exact-number.ts';
import type { CompiledMetric, CompiledMeasure } from '../pack/compiled.ts';
import type { NumberState } from '../rollup/measure.ts';
import { exactInput } from '../rollup/number-input.ts';
import { createState } from '../rollup/state.ts';
import type { RollupState } from '../rollup/state.ts';
import { hashText } from '../hash/value-hash.ts';
import { createAnswer } from './answer.ts';
import type { AnswerTable } from './answer.ts';
import { planQuestion } from './plan.ts';
import type { Plan } from './plan.ts';
import { approximations } from './plan-measures.ts';
import { parseQuestion } from './question.ts';
import type { QuestionInput } from './question.ts';
import { createStateAlgebra } from './state-algebra.ts';

const ZERO = exactNumber(0n, 0);
const MEASURES: readonly CompiledMeasure[] = [
  { name: 'hops', kind: 'top_k', field: 'hop', numbers: 'exact', valueType: 'integer', k: 2, counters: 20 },
  { name: 'last_ok', kind: 'last', field: 'ok', numbers: 'exact', valueType: 'boolean' },
  { name: 'last_size', kind: 'last', field: 'size', numbers: 'exact', valueType: 'decimal', unit: 'kB' },
  { name: 'people', kind: 'distinct', field: 'subject', numbers: 'exact', exactTo: 1_024 },
  { name: 'sizes', kind: 'histogram', field: 'size', numbers: 'exact', unit: 'kB', bounds: { exact: [ZERO], doubles: [0] } },
  { name: 'spread', kind: 'variance', field: 'size', numbers: 'exact', unit: 'kB' },
];
const METRIC: CompiledMetric = {
  ...{ tenant: 'acme', pack: 'p', metric: 'm', version: 1, eventTypes: ['e'] },
  dimensions: [{ name: 'city', type: 'string' }],
  sets: [{ setNo: 0, dimensions: ['city'], bySubject: false }],
  grains: ['quarter_hour', 'hour', 'day'],
  measures: MEASURES,
};

function plan(changes: Partial<QuestionInput>): Plan | { path: string | undefined; code: string } {
  const parsed = parseQuestion({ metric: 'm', from: '2026-11-01', to: '2026-11-02', kind: 'table', group_by: ['city'], ...changes });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const planned = planQuestion({ question: parsed.question, metric: METRIC, subject: null, cursor: null, nowMs: 0, bucketsMax: 100 });
  return planned.ok ? planned.value : { path: planned.fault.path, code: planned.fault.code };
}

function planned(changes: Partial<QuestionInput>): Plan {
  const made = plan(changes);
  if (!('columns' in made)) throw new Error(JSON.stringify(made));
  return made;
}

const DAY_S = Date.UTC(2026, 10, 1) / 1_000;

function cell(size: string, hops: readonly number[], person: string): RollupState {
  const state = createState(MEASURES);
  const input = exactInput(parseExact(size) ?? ZERO);
  const stamp = { timeMs: hops.length, id: new Uint8Array(0), idLength: 0 };
  for (const measure of state) {
    if (measure.kind === 'top_k') for (const hop of hops) measure.add({ hash: () => hashText(`${hop}`), text: () => `${hop}` });
    else if (measure.kind === 'distinct') measure.add({ hash: () => hashText(person), text: () => person });
    else if (measure.kind === 'last' && measure === state[1]) measure.addText(stamp, String(hops.length > 1));
    else if (measure.kind === 'last') measure.addNumber(stamp, input);
    else (measure as NumberState).add(input);
  }
  return state;
}

function answer(of: Plan, cells: readonly (readonly [string, RollupState])[]): AnswerTable {
  const builder = createAnswer(of, createStateAlgebra(of.measures), null);
  for (const [city, state] of cells) builder.series({ subject: '', dims: [city] })?.(DAY_S, state, 0);
  return builder.finish();
}

const ALL = ['hops', 'last_ok', 'last_size', 'people', 'sizes', 'spread.stddev', 'spread.variance'];
const CELLS: readonly (readonly [string, RollupState])[] = [
  ['oslo', cell('-2', [7], 'a')],
  ['oslo', cell('1.5', [7, 8, 9, 9, 9], 'a')],
  ['bergen', cell('3', [1], 'b')],
];

describe('answers with every measure', () => {
  test('lists have values in their own type, texts and numbers are those of the last event, and deviations those of the sample', () => {
    // Sample variance of -2 and 1.5: (3.5)² / 2 = 6.125.
    expect(answer(planned({ measures: ALL, order: 'city' }), CELLS).rows).toEqual([
      [
        'bergen',
        [{ value: 1, count: 1, error: 0 }],
        false,
        3,
        1,
        [
          { from: null, to: 0, count: 0 },
          { from: 0, to: null, count: 1 },
        ],
        null,
        null,
      ],
      [
        'oslo',
        [
          { value: 9, count: 3, error: 0 },
          { value: 7, count: 2, error: 0 },
        ],
        ...[true, 1.5, 1],
        [
          { from: null, to: 0, count: 1 },
          { from: 0, to: null, count: 1 },
        ],
        ...[Math.sqrt(6.125), 6.125],
      ],
    ]);
  });

  test('columns have the types of their values, and the unit of a variance is squared', () => {
    expect(planned({ measures: ALL }).columns).toEqual([
      { name: 'city', type: 'string' },
      { name: 'hops', type: 'top_k' },
      { name: 'last_ok', type: 'boolean' },
      { name: 'last_size', type: 'number', unit: 'kB' },
      { name: 'people', type: 'integer' },
      { name: 'sizes', type: 'histogram', unit: 'kB' },
      { name: 'spread.stddev', type: 'number', unit: 'kB' },
      { name: 'spread.variance', type: 'number', unit: 'kB^2' },
    ]);
  });

  test('what is not exact says how far it may be off', () => {
    expect(approximations(planned({ measures: ALL }).measures)).toEqual({
      hops: 'true count between count - error and count; error <= values / 21',
      people: 'exact up to 1024, then standard error <= 0.0082',
    });
  });

  test('a summary of no events counts nothing, and says nothing else', () => {
    const rows = answer(planned({ kind: 'summary', group_by: [], measures: ALL }), []).rows;
    expect(rows).toEqual([
      [
        [],
        null,
        null,
        0,
        [
          { from: null, to: 0, count: 0 },
          { from: 0, to: null, count: 0 },
        ],
        null,
        null,
      ],
    ]);
  });

  test('without names the deviation of the sample stands for a variance', () => {
    expect(planned({}).measures.map(({ name }) => name)).toEqual(['hops', 'last_ok', 'last_size', 'people', 'sizes', 'spread.stddev']);
  });
});

describe('the order of rows', () => {
  const cities = (changes: Partial<QuestionInput>): unknown[] => answer(planned(changes), CELLS).rows.map(([city]) => city);

  test.each([
    ['people', ['bergen', 'oslo']],
    ['-last_size', ['bergen', 'oslo']],
    ['last_size', ['oslo', 'bergen']],
    ['-last_ok', ['oslo', 'bergen']],
    // A row without a value comes last, whatever the direction.
    ['spread.stddev', ['oslo', 'bergen']],
    ['-spread.variance', ['oslo', 'bergen']],
  ])('by %s', (order, expected) => {
    expect(cities({ measures: ALL, order })).toEqual(expected);
  });

  test('is that of the first measure that is no list, and never by a list', () => {
    expect(cities({ measures: ['hops', 'last_size'] })).toEqual(['bergen', 'oslo']);
    expect(cities({ measures: ['hops'] })).toEqual(['bergen', 'oslo']);
    for (const order of ['hops', '-sizes']) {
      expect(plan({ measures: ['hops', 'sizes'], order })).toEqual({ path: 'order', code: 'question_invalid' });
    }
  });

  test('a figure that the measure does not have is unknown', () => {
    for (const name of ['spread', 'spread.p50', 'people.stddev', 'hops.variance']) {
      expect(plan({ measures: [name] })).toEqual({ path: 'measures.0', code: 'measure_unknown' });
    }
  });
});
