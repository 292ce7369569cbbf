import { describe, expect, it } from 'vitest';
import type { CompiledMetric } from '../../pack/compiled.ts';
import type { AnswerRow } from '../shape.ts';
import type { Conclusion } from './analysis.ts';
import { isAnalysis, parseAnalysis } from './analysis-question.ts';
import type { AnalysisQuestion } from './analysis-question.ts';
import { planAnalysis } from './plan-analysis.ts';

const METRIC: CompiledMetric = {
  ...{ tenant: 'acme', pack: 'shop', metric: 'shop.orders', version: 1, eventTypes: ['shop.order'] },
  dimensions: [{ name: 'country', type: 'string' }],
  sets: [{ setNo: 0, dimensions: ['country'], bySubject: false }],
  grains: ['quarter_hour', 'hour', 'day'],
  measures: [
    { name: 'first_item', kind: 'first', field: 'item', numbers: 'exact', valueType: 'string' },
    { name: 'mean', kind: 'avg', field: 'total', numbers: 'exact' },
    { name: 'orders', kind: 'count', numbers: 'exact' },
    { name: 'sizes', kind: 'histogram', field: 'total', numbers: 'exact', bounds: [10n] },
    { name: 'spread', kind: 'variance', field: 'total', numbers: 'exact' },
  ] as unknown as CompiledMetric['measures'],
};
/** Noon of 1 November 2026. */
const NOW_MS = Date.UTC(2026, 10, 1, 12);

type Asked = Readonly<Record<string, unknown>>;

function parse(question: Asked): AnalysisQuestion {
  const parsed = parseAnalysis({ metric: 'shop.orders', ...question });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.question;
}

function plan(question: Asked, nowMs = NOW_MS) {
  const planned = planAnalysis(parse(question), { metric: METRIC, nowMs });
  if (!planned.ok) throw new Error(JSON.stringify(planned.fault));
  return planned.value;
}

/** Concludes from rows of the first question, or of each. */
function conclude(question: Asked, ...answers: readonly (readonly AnswerRow[])[]): Conclusion {
  return plan(question).conclude(answers.map((rows) => ({ columns: [], rows })));
}

const day = (date: number): string => new Date(Date.UTC(2026, 8, date)).toISOString().replace('Z', '+00:00');
const days = (values: readonly (number | null)[], from = 1): AnswerRow[] => values.map((value, at) => [day(from + at), value]);

describe('an analysis', () => {
  it('is told from a plain question by its kind alone, so that its faults are its own', () => {
    expect(isAnalysis({ kind: 'trend', nonsense: 1 })).toBe(true);
    expect(isAnalysis({ kind: 'series' })).toBe(false);
    expect(isAnalysis(null)).toBe(false);
    expect(parseAnalysis({ kind: 'trend', metric: 'shop.orders', measure: 'orders', last: '7d', colour: 'red' })).toEqual({
      ok: false,
      errors: [{ path: '', code: 'unknown_member', message: 'holds a member that questions do not have' }],
    });
  });

  it.each([
    [{ kind: 'trend', measure: 'orders' }, 'from'],
    [{ kind: 'trend', measure: 'orders', last: '7d', from: '2026-09-01' }, 'last'],
    [{ kind: 'anomalies', measure: 'orders', last: '7d', window: 7, least: 8 }, 'least'],
    [{ kind: 'compare', measures: ['orders'], last: '7d', against: { from: '2026-09-01' } }, 'against'],
  ])('says which member of %j is wrong', (question, path) => {
    const parsed = parseAnalysis({ metric: 'shop.orders', ...question });
    expect(parsed.ok ? [] : parsed.errors.map((error) => error.path)).toContain(path);
  });

  it.each([
    [
      { kind: 'trend', measure: 'first_item', last: '7d' },
      { path: 'measure', code: 'question_invalid' },
    ],
    [
      { kind: 'compare', measures: ['orders', 'sizes'], last: '7d' },
      { path: 'measures.1', code: 'question_invalid' },
    ],
    [
      { kind: 'distribution', measure: 'orders', last: '7d' },
      { path: 'measure', code: 'measure_unknown' },
    ],
    [
      { kind: 'forecast', measure: 'orders', last: '7d', zone: 'Mars/Olympus' },
      { path: 'zone', code: 'zone_unknown' },
    ],
  ])('refuses %j', (question, fault) => {
    expect(planAnalysis(parse(question), { metric: METRIC, nowMs: NOW_MS })).toMatchObject({ ok: false, fault });
  });

  it('leaves out the bucket that is not over and the one that the range cuts: they would look like falls', () => {
    const asked = { kind: 'trend', measure: 'orders', from: '2026-10-29T06:00', to: '2026-11-02' };
    const rows: AnswerRow[] = [29, 30, 31, 32].map((date) => [
      new Date(Date.UTC(2026, 9, date)).toISOString().replace('Z', '+00:00'),
      date,
    ]);
    expect(conclude(asked, rows).rows.map((row) => row[1])).toEqual([30, 31]);
  });
});

describe('the buckets of a series', () => {
  it('are whole at the end of the range too', () => {
    const asked = { kind: 'trend', measure: 'orders', from: '2026-09-01', to: '2026-09-03T06:00' };
    expect(conclude(asked, days([1, 2, 3])).rows.map((row) => row[1])).toEqual([1, 2]);
  });

  it('are those of one range for all sides of a correlation, cut ones left out', () => {
    const asked = { kind: 'correlate', output: { measure: 'orders' }, inputs: [{ measure: 'mean' }], show: 'all' };
    const { questions } = plan({ ...asked, last: '7d', zone: 'Europe/Oslo' });
    expect(questions.map(({ from, to, last }) => [from, to, last])).toEqual([
      ['2026-10-25T23:00:00.000Z', '2026-11-01T23:00:00.000Z', undefined],
      ['2026-10-25T23:00:00.000Z', '2026-11-01T23:00:00.000Z', undefined],
    ]);
    const values = [500, ...Array.from({ length: 11 }, (_, at) => at)];
    const cut = { ...asked, from: '2026-09-01T06:00', to: '2026-09-13' };
    expect(conclude(cut, days(values), days(values)).rows[0]?.slice(1, 4)).toEqual([0, 11, 1]);
  });
});

describe('a trend', () => {
  it('tells of each group, with the group in front', () => {
    const rows = [1, 2, 3, 4, 5, 6].flatMap((date): AnswerRow[] => [
      [day(date), 'no', 10 * date],
      [day(date), 'se', 5],
    ]);
    const { rows: told, findings } = conclude({ kind: 'trend', measure: 'orders', group_by: ['country'], last: '90d', rolling: 2 }, rows);
    expect(told[1]).toEqual([day(2), 'no', 20, 15, expect.closeTo(20, 9)]);
    expect(findings).toMatchObject({
      groups: [
        { group: { country: 'no' }, n: 6, direction: 'rising', slope_per_day: expect.closeTo(10, 9) as number, change: null },
        { group: { country: 'se' }, n: 6, direction: 'stable' },
      ],
    });
  });
});

describe('anomalies', () => {
  const flat = Array.from({ length: 30 }, (_, at) => 10 + (at % 3));

  it('are sought in the range and judged by what lies before it', () => {
    const asked = { kind: 'anomalies', measure: 'orders', from: '2026-09-29', to: '2026-10-01' };
    const [question] = plan(asked).questions;
    expect([question?.from, question?.to]).toEqual(['2026-09-01T00:00:00.000Z', '2026-10-01T00:00:00.000Z']);
    const found = conclude(asked, days([...flat.slice(0, 28), 100, 11]));
    expect(found.rows).toEqual([[day(29), 100, 11, expect.any(Number), 'high', 'above']]);
    expect(found.findings).toEqual({ judged: 2, not_judged: 0, anomalies: 1 });
  });

  it('of a week are judged by the same weekday', () => {
    const asked = { kind: 'anomalies', measure: 'orders', from: '2026-09-29', to: '2026-09-30', season: 7, window: 4, least: 3 };
    expect(plan(asked).questions[0]?.from).toBe('2026-09-01T00:00:00.000Z');
    const busyTuesdays = Array.from({ length: 28 }, (_, at) => (at % 7 === 0 ? 50 + at / 7 : 5));
    expect(conclude(asked, days([...busyTuesdays, 52])).findings).toMatchObject({ anomalies: 0 });
    expect(conclude(asked, days([...busyTuesdays, 5])).findings).toMatchObject({ anomalies: 1 });
  });
});

describe('a forecast', () => {
  it('goes on by the calendar of the zone, over the night in which a clock goes back', () => {
    const asked = { kind: 'forecast', measure: 'orders', from: '2026-10-10', to: '2026-10-24', zone: 'Europe/Oslo', horizon: 3 };
    const rows = Array.from({ length: 14 }, (_, at): AnswerRow => [`2026-10-${10 + at}T00:00:00.000+02:00`, 7]);
    expect(conclude(asked, rows).rows).toEqual([
      ['2026-10-24T00:00:00.000+02:00', 7, 7, 7],
      ['2026-10-25T00:00:00.000+02:00', 7, 7, 7],
      ['2026-10-26T00:00:00.000+01:00', 7, 7, 7],
    ]);
  });

  it('of too few buckets says so', () => {
    const { rows, findings } = conclude({ kind: 'forecast', measure: 'orders', last: '90d' }, days([1, 2, 3]));
    expect(rows).toEqual([]);
    expect(findings).toEqual({ groups: [{ n: 3, reason: 'too_few', needed: 14 }] });
  });
});

describe('a correlation', () => {
  const output = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];
  const asked = {
    kind: 'correlate',
    last: '90d',
    output: { measure: 'orders' },
    inputs: [{ measure: 'mean' }, { name: 'none', measure: 'orders' }],
  };

  it('finds the lag at which an input leads', () => {
    const leading = [...output.slice(1), 7];
    const { rows, findings } = conclude({ ...asked, max_lag: 2 }, days(output), days(leading), days(output.map(() => 4)));
    expect(rows[0]?.slice(0, 4)).toEqual(['mean', 1, 11, 1]);
    expect(rows[1]).toEqual(['none', 0, 12, null, null, null, null, null, null, null, 'constant']);
    expect(findings).toEqual({ tests: 3 });
  });

  it('names the member that a fault of one of its questions is in', () => {
    const { pathOf } = plan(asked);
    expect([pathOf(0, 'measures.0'), pathOf(2, 'where.country.eq')]).toEqual(['output.measure', 'inputs.1.where.country.eq']);
  });
});

describe('a comparison', () => {
  it('with the range before takes one that is as long by the clock on the wall', () => {
    const asked = { kind: 'compare', measures: ['orders'], from: '2026-10-25', to: '2026-10-26', zone: 'Europe/Oslo' };
    const ranges = plan(asked).questions.map(({ from, to }) => [from, to]);
    // The 25th has 25 hours in Oslo, the 24th has 24.
    expect(ranges).toEqual([
      ['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
      ['2026-10-23T22:00:00.000Z', '2026-10-24T22:00:00.000Z'],
    ]);
  });

  it('asks for n, mean and deviation where the metric has the variance of the same field, and tests by them', () => {
    const asked = { kind: 'compare', measures: ['mean', 'orders'], last: '7d' };
    expect(plan(asked).questions[0]?.measures).toEqual(['mean', 'orders', 'spread.count', 'spread.mean', 'spread.stddev']);
    // Means 3 and 6, deviations √2.5 and √10, five values each: d = -1.2, t = -3 / √2.5, df = 6.25 / 1.0625.
    const { rows } = conclude(asked, [[3, 5, 5, 3, Math.sqrt(2.5)]], [[6, 5, 5, 6, Math.sqrt(10)]]);
    const near = (value: number): number => expect.closeTo(value, 9) as number;
    expect(rows[0]).toEqual(['mean', 3, 6, -3, -50, 5, 5, near(-1.2), near(-3 / Math.sqrt(2.5)), near(6.25 / 1.0625), expect.any(Number)]);
    expect(rows[1]).toEqual(['orders', 5, 5, 0, 0, null, null, null, null, null, null]);
  });

  it('of groups has those that are only on one side, without a change', () => {
    const asked = {
      kind: 'compare',
      measures: ['orders'],
      last: '7d',
      group_by: ['country'],
      against: { where: { country: { eq: 'se' } } },
    };
    const { rows } = conclude(asked, [['no', 4]], [['se', 0]]);
    expect(rows.map((row) => row.slice(0, 6))).toEqual([
      ['no', 'orders', 4, null, null, null],
      ['se', 'orders', null, 0, null, null],
    ]);
  });
});

describe('a distribution', () => {
  it('of a histogram has shares that add up', () => {
    const bins = [
      { from: null, to: 10, count: 3 },
      { from: 10, to: null, count: 1 },
    ];
    expect(conclude({ kind: 'distribution', measure: 'sizes', last: '7d' }, [[bins]]).rows).toEqual([
      [null, 10, 3, 0.75, 0.75],
      [10, null, 1, 0.25, 1],
    ]);
    const empty = bins.map((bin) => ({ ...bin, count: 0 }));
    expect(conclude({ kind: 'distribution', measure: 'sizes', last: '7d' }, [[empty]]).rows[0]).toEqual([null, 10, 0, null, null]);
  });
});
