import { describe, expect, it } from 'vitest';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import { createState } from '../rollup/state.ts';
import { exactInput } from '../rollup/number-input.ts';
import { createAnswer } from './answer.ts';
import type { AnswerTable } from './answer.ts';
import { planQuestion } from './plan.ts';
import { parseQuestion } from './question.ts';
import type { QuestionInput } from './question.ts';
import { createStateAlgebra } from './state-algebra.ts';

const DAY_S = Date.UTC(2026, 10, 1) / 1_000;

function metric() {
  const parsed = parsePack({
    pack: 'shop',
    title: 'Shop',
    events: {
      sale: {
        fields: {
          city: { type: 'string', dimension: true },
          till: { type: 'integer', dimension: true },
          paid: { type: 'boolean', dimension: true },
        },
      },
    },
    metrics: { sales: { events: ['sale'], dimensions: ['city', 'till', 'paid'], measures: { n: { measure: 'count' } } } },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const found = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value }).metrics.get('sales');
  if (found === undefined) throw new Error('no metric');
  return found;
}

type Cell = readonly [city: string, till: string, paid: string, bucketS: number];

const CELLS: readonly Cell[] = [
  ['Oslo', '7', 'true', DAY_S],
  ['__other', '_other', 'false', DAY_S],
  ['_other', '7', '_other', DAY_S + 900],
];

function plan(question: Partial<QuestionInput>) {
  const parsed = parseQuestion({ metric: 'sales', kind: 'table', from: '2026-11-01', to: '2026-11-02', ...question });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return planQuestion({ question: parsed.question, metric: metric(), subject: null, cursor: null, nowMs: 0, bucketsMax: 100 });
}

function ask(question: Partial<QuestionInput>): Pick<AnswerTable, 'rows' | 'overBudget'> {
  const planned = plan(question);
  if (!planned.ok) throw new Error(JSON.stringify(planned.fault));
  const { measures } = planned.value;
  const answer = createAnswer(planned.value, createStateAlgebra(measures), null);
  for (const [city, till, paid, bucketS] of CELLS) {
    const state = createState([{ name: 'n', kind: 'count', numbers: 'exact' }]);
    for (const one of state) if (one.kind === 'count') one.add(exactInput({ unscaled: 1, scale: 0 }));
    answer.series({ subject: '', dims: [city, till, paid] })?.(bucketS, state, 0);
  }
  const { rows, overBudget } = answer.finish();
  return { rows, overBudget };
}

describe('an answer over values beyond a budget', () => {
  it('shows the rest under its name, whatever the type of the dimension, and says of which dimensions', () => {
    expect(ask({ group_by: ['city'], order: 'city' })).toEqual({
      rows: [
        ['Oslo', 1],
        ['__other', 1],
        ['_other', 1],
      ],
      overBudget: ['city'],
    });
    expect(ask({ group_by: ['till', 'paid'], order: 'till' }).rows).toEqual([
      [7, '_other', 1],
      [7, true, 1],
      ['_other', false, 1],
    ]);
    expect(ask({ group_by: ['till', 'paid'] }).overBudget).toEqual(['paid', 'till']);
  });

  it('says nothing of dimensions that it does not look at, nor of other days: a total holds everything', () => {
    expect(ask({})).toEqual({ rows: [[3]], overBudget: [] });
    expect(ask({ group_by: ['city'], from: '2026-11-02', to: '2026-11-03' })).toEqual({ rows: [], overBudget: [] });
    expect(ask({ group_by: ['city'], where: { till: { eq: 7 }, paid: { eq: true } } })).toEqual({
      rows: [['Oslo', 1]],
      overBudget: ['paid'],
    });
  });

  it('that filters by a value says that some of it may be in the rest', () => {
    expect(ask({ where: { city: { eq: 'Oslo' } } })).toEqual({ rows: [[1]], overBudget: ['city'] });
    expect(ask({ where: { city: { eq: 'Oslo' } }, to: '2026-11-01T00:15' })).toEqual({ rows: [[1]], overBudget: [] });
  });

  it('can be asked for the rest of any dimension, and for a value of that name', () => {
    expect(ask({ where: { city: { eq: '_other' } } }).rows).toEqual([[1]]);
    expect(ask({ where: { city: { in: ['__other'] } } }).rows).toEqual([[1]]);
    expect(ask({ where: { till: { ne: '_other' } } }).rows).toEqual([[2]]);
    expect(ask({ where: { paid: { eq: '_other' } } }).rows).toEqual([[1]]);
    expect(ask({ where: { till: { gt: 3 } } }).rows).toEqual([[2]]);
    expect(plan({ where: { till: { eq: 'x' } } })).toMatchObject({ ok: false, fault: { code: 'where_type_mismatch' } });
    expect(plan({ where: { till: { gt: '_other' } } })).toMatchObject({ ok: false, fault: { code: 'where_type_mismatch' } });
  });
});
