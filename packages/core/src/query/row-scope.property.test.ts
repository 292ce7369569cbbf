import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scalar } from '../pack/compiled.ts';
import { parseQuestion } from './question.ts';
import type { Question, QuestionInput } from './question.ts';
import { confineQuestion } from './row-scope.ts';
import type { RowScope } from './row-scope.ts';

const PAGES = ['a', 'b', 'ab', ''] as const;
const OPEN: RowScope = { metrics: null, where: {}, subject: null };

function questionOf(input: Partial<QuestionInput>): Question {
  const parsed = parseQuestion({ metric: 'wiki.edits', kind: 'table', last: '1d', ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.question;
}

const values = fc.uniqueArray(fc.constantFrom<Scalar>(...PAGES), { minLength: 1, maxLength: 4 });
const bots = fc.uniqueArray(fc.boolean(), { minLength: 1, maxLength: 2 });
const person = fc.constantFrom('u1', 'u2', 'u3');
const scope = fc.record({
  metrics: fc.constantFrom(null, ['wiki.edits'], ['wiki.reads']),
  where: fc.record({ page: values, is_bot: bots }, { requiredKeys: [] }),
  subject: fc.option(person),
});
const conditions = fc
  .record(
    {
      in: values,
      not_in: values,
      eq: fc.constantFrom(...PAGES),
      ne: fc.constantFrom(...PAGES),
      prefix: fc.constant('a'),
      exists: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .filter((given) => Object.keys(given).length > 0);
const asked = fc.record(
  { metric: fc.constantFrom('wiki.edits', 'wiki.reads'), where: fc.record({ page: conditions }, { requiredKeys: [] }), subject: person },
  { requiredKeys: ['metric'] },
);

/** Rows of all kinds: every metric, person and value of the dimensions. */
const ROWS = ['wiki.edits', 'wiki.reads'].flatMap((metric) =>
  ['u1', 'u2', 'u3'].flatMap((subject) =>
    PAGES.flatMap((page) => [true, false].map((isBot) => ({ metric, subject, page, is_bot: isBot }))),
  ),
);
type Row = (typeof ROWS)[number];

/** What the operators say, written down once more. */
function answers({ metric, subject, where }: Question, row: Row): boolean {
  if (row.metric !== metric || (subject !== undefined && subject !== row.subject)) return false;
  return Object.entries(where).every(([name, given]) => {
    const value = Reflect.get(row, name) as Scalar;
    const holds: Readonly<Record<string, (wanted: unknown) => boolean>> = {
      in: (wanted) => (wanted as Scalar[]).includes(value),
      not_in: (wanted) => !(wanted as Scalar[]).includes(value),
      eq: (wanted) => value === wanted,
      ne: (wanted) => value !== wanted,
      prefix: (wanted) => String(value).startsWith(String(wanted)),
      exists: (wanted) => wanted === true,
    };
    return Object.entries(given).every(([operator, wanted]) => wanted === undefined || holds[operator]?.(wanted) === true);
  });
}

function isVisible({ metrics, where, subject }: RowScope, row: Row): boolean {
  if (metrics !== null && !metrics.includes(row.metric)) return false;
  if (subject !== null && subject !== row.subject) return false;
  return Object.entries(where).every(([name, seen]) => seen.includes(Reflect.get(row, name) as Scalar));
}

describe('a question held to what its caller may see', () => {
  it('is answered by exactly the rows that it asks for and that may be seen, or refused', () => {
    fc.assert(
      fc.property(scope, asked, (rows, input) => {
        const question = questionOf(input);
        const confined = confineQuestion(question, rows);
        const expected = ROWS.filter((row) => answers(question, row) && isVisible(rows, row));
        if (confined.ok) expect(ROWS.filter((row) => answers(confined.value, row))).toEqual(expected);
        // Nothing that may be seen is ever refused.
        else expect([confined.fault.code === 'metric_unknown' || confined.fault.code === 'row_refused', expected]).toEqual([true, []]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is the same question where all may be seen', () => {
    fc.assert(
      fc.property(asked, (input) => {
        expect(confineQuestion(questionOf(input), OPEN)).toEqual({ ok: true, value: questionOf(input) });
      }),
    );
  });

  it('of another metric is as one that nobody has, and of another person it is refused, not answered empty', () => {
    expect(confineQuestion(questionOf({}), { ...OPEN, metrics: [] })).toMatchObject({ ok: false, fault: { code: 'metric_unknown' } });
    const other = confineQuestion(questionOf({ subject: 'u2' }), { ...OPEN, subject: 'u1' });
    expect(other).toMatchObject({ ok: false, fault: { code: 'row_refused', path: 'subject' } });
    const beyond = confineQuestion(questionOf({ where: { page: { in: ['b'] } } }), { ...OPEN, where: { page: ['a'] } });
    expect(beyond).toMatchObject({ ok: false, fault: { code: 'row_refused', path: 'where.page' } });
  });
});
