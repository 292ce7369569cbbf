import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactNumber } from '../event/exact-number.ts';
import { hashText } from '../hash/value-hash.ts';
import type { CompiledMeasure, CompiledMetric } from '../pack/compiled.ts';
import { exactInput } from '../rollup/number-input.ts';
import type { NumberState } from '../rollup/measure.ts';
import type { RollupState } from '../rollup/state.ts';
import { createState } from '../rollup/state.ts';
import { createAnswer } from './answer.ts';
import type { AnswerTable } from './answer.ts';
import { planQuestion } from './plan.ts';
import type { Plan } from './plan.ts';
import { parseQuestion } from './question.ts';
import type { QuestionInput } from './question.ts';
import { confineQuestion } from './row-scope.ts';
import { createStateAlgebra } from './state-algebra.ts';

const DAYS = ['2026-11-01', '2026-11-02', '2026-11-03'];
const DAY_S = Date.UTC(2026, 10, 1) / 1_000;

interface Event {
  readonly day: number;
  readonly ward: string;
  readonly code: string;
  /** Empty: about nobody. */
  readonly person: string;
}

const PEOPLE: CompiledMeasure = { name: 'people', kind: 'distinct', field: 'subject', exactTo: 1_024, numbers: 'exact' };
const VISITS: CompiledMeasure = { name: 'visits', kind: 'count', numbers: 'exact' };
const MOST: CompiledMeasure = { name: 'most', kind: 'max', field: 'size', numbers: 'exact' };
const SIZES: CompiledMeasure = { name: 'sizes', kind: 'quantile', field: 'size', numbers: 'exact' };

const BASE: CompiledMetric = {
  ...{ tenant: 'acme', pack: 'clinic', metric: 'clinic.visits', version: 1, eventTypes: ['clinic.visit'] },
  dimensions: [
    { name: 'ward', type: 'string' },
    { name: 'code', type: 'string' },
  ],
  sets: [{ setNo: 0, dimensions: ['ward', 'code'], bySubject: false }],
  grains: ['quarter_hour', 'hour', 'day'],
  measures: [VISITS],
};
/** Counts its persons by a measure. */
const MEASURED: CompiledMetric = { ...BASE, measures: [MOST, PEOPLE, SIZES, VISITS] };
/** Has series of each person, and no such measure. */
const BY_SERIES: CompiledMetric = { ...BASE, sets: [...BASE.sets, { setNo: 1, dimensions: ['ward', 'code'], bySubject: true }] };

/** Question literals may be read-only. */
type Asked = {
  readonly [K in keyof QuestionInput]?: QuestionInput[K] extends (infer E)[] | undefined ? readonly E[] | undefined : QuestionInput[K];
};

function planOf(metric: CompiledMetric, input: Asked): ReturnType<typeof planQuestion> {
  const parsed = parseQuestion({ metric: 'clinic.visits', kind: 'series', from: '2026-11-01', to: '2026-11-04', ...input });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return planQuestion({ question: parsed.question, metric, subject: null, cursor: null, nowMs: 0, bucketsMax: 100 });
}

function planned(metric: CompiledMetric, input: Asked): Plan {
  const plan = planOf(metric, input);
  if (!plan.ok) throw new Error(JSON.stringify(plan.fault));
  return plan.value;
}

function stateOf({ measures }: CompiledMetric, person: string): RollupState {
  const state = createState(measures);
  for (const measure of state) {
    if (measure.kind !== 'distinct') (measure as NumberState).add(exactInput(exactNumber(1n, 0)));
    else if (person !== '') measure.add({ hash: () => hashText(person), text: () => person });
  }
  return state;
}

function answer(metric: CompiledMetric, input: Asked, events: readonly Event[]): AnswerTable {
  const plan = planned(metric, input);
  const builder = createAnswer(plan, createStateAlgebra(plan.merged), null);
  for (const { day, ward, code, person } of events) {
    const bySubject = plan.metric.sets.find(({ setNo }) => setNo === plan.range.setNo)?.bySubject === true;
    builder.series({ subject: bySubject ? person : '', dims: [ward, code] })?.(DAY_S + day * 86_400, stateOf(metric, person), 1);
  }
  return builder.finish();
}

const event = fc.record<Event>({
  day: fc.integer({ min: 0, max: 2 }),
  ward: fc.constantFrom('a', 'b', 'c'),
  code: fc.constantFrom('x', 'y'),
  person: fc.constantFrom('', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w'),
});
const events = fc.array(event, { maxLength: 60 });
const GROUPINGS = [[], ['ward'], ['ward', 'code']] as const;

/** The places of an event, as a row of the answer names them. */
function placeOf({ day, ...of }: Event, groups: readonly ('ward' | 'code')[]): string[] {
  return [`${DAYS[day]}T00:00:00.000Z`, ...groups.map((name) => of[name])];
}

function shownPlaces({ rows }: AnswerTable, groups: readonly string[]): Set<string> {
  return new Set(rows.map((row) => JSON.stringify(row.slice(0, 1 + groups.length))));
}

function personsIn(some: readonly Event[]): number {
  return new Set(some.flatMap(({ person }) => (person === '' ? [] : [person]))).size;
}

describe('an answer of which small groups are withheld', () => {
  it('shows no row of few persons, and leaves of every total of its rows nobody or k persons', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(...GROUPINGS), fc.integer({ min: 2, max: 5 }), (all, groups, k) => {
        const table = answer(MEASURED, { measures: ['visits'], group_by: [...groups], k }, all);
        const shown = shownPlaces(table, groups);
        const isShown = (one: Event): boolean => shown.has(JSON.stringify(placeOf(one, groups)));
        for (const place of shown) {
          const persons = personsIn(all.filter((one) => JSON.stringify(placeOf(one, groups)) === place));
          expect(persons === 0 || persons >= k).toBe(true);
        }
        // Whoever asks for a total takes off what was shown. Each choice of axes makes totals.
        for (let kept = 0; kept < 2 ** (1 + groups.length) - 1; kept += 1) {
          const lineOf = (one: Event): string => JSON.stringify(placeOf(one, groups).filter((_place, axis) => (kept & (1 << axis)) !== 0));
          for (const line of new Set(all.map(lineOf))) {
            const of = all.filter((one) => lineOf(one) === line);
            const rest = personsIn(of.filter((one) => !isShown(one)));
            const showsPersons = personsIn(of.filter(isShown)) > 0;
            // A total of too few persons is itself not told: then nothing of the line may be.
            expect(rest === 0 || rest >= k || !showsPersons).toBe(true);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('is otherwise the answer that withholds none, and counts what it lacks; however persons are counted and events come', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(...GROUPINGS), fc.integer({ min: 2, max: 5 }), (all, groups, k) => {
        const asked = { measures: ['visits'], group_by: [...groups] };
        const [whole, held] = [answer(MEASURED, asked, all), answer(MEASURED, { ...asked, k }, all)];
        const shown = shownPlaces(held, groups);
        expect(held.rows).toEqual(whole.rows.filter((row) => shown.has(JSON.stringify(row.slice(0, 1 + groups.length)))));
        expect(held.suppressed).toBe(whole.rows.length - held.rows.length);
        expect(whole.suppressed).toBe(0);
        expect(answer(BY_SERIES, { ...asked, k }, all.toReversed())).toEqual(held);
      }),
    );
  });

  const crowd = (day: number, ward: string, persons: string): Event[] =>
    persons.split('').map((person) => ({ day, ward, code: 'x', person }));
  // Days down, wards across: 1: a pqrs, b p, c qrst; 2: a pqrs, b pqr.
  const WARDS = [
    ...crowd(0, 'a', 'pqrs'),
    ...crowd(0, 'b', 'p'),
    ...crowd(0, 'c', 'qrst'),
    ...crowd(1, 'a', 'pqrs'),
    ...crowd(1, 'b', 'pqr'),
  ];

  it('withholds the next smallest with a row that would be the total less the others', () => {
    // By ward alone a has 4 persons, b 3, c 4: with k = 4 the total would give b away, so a goes too, the first of the smallest.
    const asked = { kind: 'table', measures: ['visits'], group_by: ['ward'], order: 'ward' } as const;
    expect(answer(MEASURED, { ...asked, k: 4 }, WARDS)).toMatchObject({ rows: [['c', 4]], suppressed: 2 });
    expect(answer(MEASURED, { ...asked, k: 3 }, WARDS)).toMatchObject({ suppressed: 0 });
    expect(answer(MEASURED, asked, WARDS)).toMatchObject({
      suppressed: 0,
      rows: [
        ['a', 8],
        ['b', 4],
        ['c', 4],
      ],
    });
  });

  it('keeps the shape of what is filled: a withheld row has no values, and a group that is withheld whole is not named', () => {
    // Day 1: b has p alone, and with the smallest beside it, a, they are 4. Of ward b: with day 2 they are p, q, r. Ward a: day 1 has 4.
    const asked = { measures: ['visits'], group_by: ['ward'], fill: 'zero', order: 'ward', k: 3 } as const;
    const table = answer(MEASURED, asked, WARDS);
    expect(table.rows.map((row) => row.slice(1))).toEqual([
      ...[
        ['a', null],
        ['a', 4],
        ['a', 0],
      ],
      ...[
        ['c', 4],
        ['c', 0],
        ['c', 0],
      ],
    ]);
    expect(table.suppressed).toBe(3);
    expect(answer(MEASURED, { kind: 'summary', measures: ['visits'], k: 9 }, WARDS)).toMatchObject({ rows: [[null]], suppressed: 1 });
    expect(answer(MEASURED, { measures: ['visits'], fill: 'zero', k: 9 }, WARDS).rows.map((row) => row[1])).toEqual([null, null, 0]);
  });

  it('ranks what is left, so no place tells of a withheld row', () => {
    const asked = { kind: 'table', measures: ['visits'], group_by: ['ward'], order: '-visits', rank: true } as const;
    const wards = [...WARDS, ...crowd(1, 'd', 'pqrstu')];
    // By visits a has 8, d 6, b 4 and c 4. Of b only three come, and a goes with it: the first of the two that have four.
    expect(answer(MEASURED, asked, wards).rows.map((row) => row.slice(0, 2))).toEqual([
      [1, 'a'],
      [2, 'd'],
      [3, 'b'],
      [4, 'c'],
    ]);
    const held = { ...asked, k: 4 };
    expect(answer(MEASURED, held, wards)).toMatchObject({
      suppressed: 2,
      rows: [
        [1, 'd', 6],
        [2, 'c', 4],
      ],
    });
    expect(answer(MEASURED, { ...held, limit: 1, offset: 1 }, wards)).toMatchObject({ rows: [[2, 'c', 4]], next: null });
  });

  it('pages as one that was never there: a cursor names no withheld row', () => {
    const asked = { kind: 'table', measures: ['visits'], group_by: ['ward'], order: 'ward', limit: 1, k: 4 } as const;
    expect(answer(MEASURED, asked, WARDS)).toMatchObject({ rows: [['c', 4]], next: null });
  });
});

describe('a question of which small groups are withheld', () => {
  const faultOf = (metric: CompiledMetric, input: Asked) => {
    const plan = planOf(metric, { kind: 'table', k: 5, ...input });
    return plan.ok ? null : [plan.fault.code, plan.fault.path];
  };

  it('is refused where persons are not counted, or shown one by one', () => {
    expect(faultOf(BASE, {})).toEqual(['groups_unprotected', 'group_by']);
    expect(faultOf({ ...MEASURED, measures: [{ ...PEOPLE, exactTo: 4 }, VISITS] }, {})).toEqual(['groups_unprotected', 'group_by']);
    expect(faultOf(BY_SERIES, { group_by: ['subject'] })).toEqual(['groups_unprotected', 'group_by']);
    expect(faultOf(BY_SERIES, { subject: 'anna' })).toEqual(['groups_unprotected', 'subject']);
    expect(faultOf(BY_SERIES, { subjects: ['p'] })).toEqual(['groups_unprotected', 'subjects']);
    expect(faultOf(MEASURED, { measures: ['visits', 'most'] })).toEqual(['groups_unprotected', 'measures.1']);
    expect(faultOf(MEASURED, { measures: ['sizes.p99'] })).toEqual(['groups_unprotected', 'measures.0']);
    expect(faultOf(MEASURED, { measures: ['sizes.p95', 'people'] })).toBeNull();
    expect(faultOf(BY_SERIES, {})).toBeNull();
  });

  it('has without names the measures of groups alone', () => {
    expect(planned(MEASURED, { k: 5 }).columns.map(({ name }) => name)).toEqual(['bucket', 'people', 'sizes.p50', 'sizes.p95', 'visits']);
  });

  it('is another question for each k, so nothing that is kept is given for two', () => {
    const ks = [undefined, 2, 3, 500];
    const identities = ks.map((k) => planned(MEASURED, { measures: ['visits'], ...(k === undefined ? {} : { k }) }).identity);
    expect(new Set(identities).size).toBe(ks.length);
  });

  it('of a caller with a k has the greater of both', () => {
    const kOf = (asked: number | undefined, held: number | undefined): number | undefined => {
      const parsed = parseQuestion({ metric: 'clinic.visits', last: '1d', ...(asked === undefined ? {} : { k: asked }) });
      const confined = parsed.ok ? confineQuestion(parsed.question, { metrics: null, where: {}, subject: null, k: held }) : null;
      return confined?.ok === true ? confined.value.k : -1;
    };
    expect([kOf(3, 5), kOf(7, 5), kOf(undefined, 5), kOf(3, undefined), kOf(undefined, undefined)]).toEqual([5, 7, 5, 3, undefined]);
  });
});
