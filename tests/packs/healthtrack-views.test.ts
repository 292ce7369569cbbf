import { readFileSync } from 'node:fs';
import { compileViews, fillAnswer, parseParams, parsePack } from '@tidegate/core';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const parsed = parsePack(parse(readFileSync(new URL('../../packs/healthtrack/pack.yaml', import.meta.url), 'utf8')));
if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
const views = compileViews(parsed.value);

/** The answer of a view to these rows of its queries, on 10 November 2026 in UTC. */
function answer(name: string, given: Readonly<Record<string, string>>, rows: Readonly<Record<string, readonly object[]>>): unknown {
  const view = views.get(name);
  if (view === undefined) throw new Error(`the pack has no view ${name}`);
  const all = new Map(Object.entries({ user_id: 'u-1', ...given }).map(([param, text]) => [param, [text]]));
  const values = parseParams(view, { given: all, nowMs: Date.UTC(2026, 10, 10, 12), callerSubject: null, pseudonymOf: (id) => id });
  if (!values.ok) throw new Error(JSON.stringify(values.fault));
  const about = Object.fromEntries(view.queries.map((query) => [query.name, { next_cursor: null, analysis: {} }]));
  const known = { ...values.value, now: '2026-11-10T12:00:00.000Z', caller: { subject: null }, meta: about };
  const filled = fillAnswer(view, { ...known, ...rows }, { left: 200_000 });
  return filled.ok ? filled.value : filled.fault;
}

const goal = (more: object) => ({
  ...{ goal_id: 'g', status: 'active', unit: 'kg', start_value: null, start_date: '2026-11-01', target_date: '2026-12-01' },
  ...more,
});
const value = (type: string, at: string, amount: number | string) => ({ metric_type: type, _created_at: at, value: amount, unit: 'x' });

describe('the views of healthtrack', () => {
  it('tell how far each goal is (D-H5)', () => {
    const ends = [{ metric_type: 'weight', since: '2026-10-01T08:00:00.000Z', latest: 78 }];
    const day = (date: string, first: number) => ({
      bucket: `${date}T00:00:00.000+00:00`,
      metric_type: 'weight',
      first,
      least: first,
      most: first,
    });
    const values = [day('2026-10-01', 90), day('2026-11-02', 80), day('2026-11-09', 78)];
    const daily = [
      { bucket: '2026-11-09T00:00:00.000+00:00', metric_type: 'steps', sum: 6_000 },
      { bucket: '2026-11-10T00:00:00.000+00:00', metric_type: 'steps', sum: 7_001 },
    ];
    const rows = [
      // From 80, the first value since its start, to 75; now 78: 100 · (78 - 80) / (75 - 80) = 40 %.
      goal({ goal_type: 'weight', target_value: 75 }),
      // Sums by day, 6,000 and 7,001, are 6,500.5 in the mean: 100 · 6500.5 / 8000 = 81.25625 %.
      goal({ goal_type: 'steps', target_value: 8_000, start_value: 0 }),
      // Passed, and so held to 100 and completed: it is not active any more, so not overdue.
      goal({ goal_type: 'steps', target_value: '5000', start_value: 0, target_date: '2026-11-09' }),
      // Nothing was measured.
      goal({ goal_type: 'sleep', target_value: 8, start_value: 6, status: 'paused', target_date: '2026-01-01' }),
      goal({ goal_type: 'sleep', target_value: 6, start_value: 6 }),
    ];
    expect(answer('goals', {}, { rows, daily, ends, values, eaten: [] })).toMatchObject({
      user_id: 'u-1',
      items: [
        { goal_type: 'weight', current: 78, progress_pct: 40, completed: false, overdue: false },
        { goal_type: 'steps', current: 6_500.5, progress_pct: 81.26, completed: false },
        { progress_pct: 100, completed: true, status: 'completed', overdue: false },
        { current: null, progress_pct: 0, overdue: false },
        { progress_pct: 100 },
      ],
    });
  });

  it('sum what adds up and leave the rest as means (D-H1, D-H2)', () => {
    const current = [
      { metric_type: 'heart_rate', count: 3, sum: 200, avg: 66.666666 },
      { metric_type: 'steps', count: 2, sum: 9_000, avg: 4_500 },
    ];
    const extremes = [
      { metric_type: 'steps', min: 4_000, max: 5_000 },
      { metric_type: 'heart_rate', min: 60, max: 72 },
    ];
    const rows = [value('heart_rate', '2026-11-09T08:00:00.000Z', 68)];
    const latest = { value: 68, recorded_at: '2026-11-09T08:00:00.000Z' };
    expect(answer('metrics_summary', {}, { current, extremes, latest: rows })).toEqual({
      user_id: 'u-1',
      days: 30,
      items: [
        { metric_type: 'heart_rate', unit: 'x', count: 3, avg: 66.67, min: 60, max: 72, sum: null, latest },
        { metric_type: 'steps', unit: null, count: 2, avg: 4_500, min: 4_000, max: 5_000, sum: 9_000, latest: null },
      ],
    });
    const byDay = [
      { bucket: '2026-11-08T00:00:00.000+00:00', count: 0, sum: 0, avg: null },
      { bucket: '2026-11-09T00:00:00.000+00:00', count: 2, sum: 9_000, avg: 4_500 },
    ];
    const points = (type: string) => (answer('metrics_daily', { metric_type: type }, { by_day: byDay }) as { points: unknown }).points;
    expect(points('steps')).toEqual([{ date: '2026-11-09', value: 9_000, n: 2 }]);
    expect(points('weight')).toEqual([{ date: '2026-11-09', value: 4_500, n: 2 }]);
  });

  const day = (date: string, type: string, amount: number) => ({
    ...{ bucket: `${date}T00:00:00.000+00:00`, metric_type: type, count: 1, sum: amount, avg: amount },
  });
  const dates = ['2026-11-07', '2026-11-08', '2026-11-09'];
  const meal = { meals: 2, calories: 2_000, protein_g: 20, carbs_g: 300, fat_g: 80, water_ml: 400, mean_water_ml: 200 };
  const rows = {
    daily: dates.flatMap((date, at) => [
      // In the mean 4,000 steps, 6 h, 99 beats, 600 ml beside the 400 ml of the meals.
      ...[day(date, 'steps', [4_000, 6_000, 2_000][at] ?? 0), day(date, 'sleep', 6)],
      ...[day(date, 'resting_heart_rate', 99), day(date, 'water', 600)],
    ]),
    meals: dates.map((date) => ({ bucket: `${date}T00:00:00.000+00:00`, ...meal })),
    profile: [{ age: 36, height_cm: 170 }],
    goals: [],
    weights: [value('weight', '2026-11-01T08:00:00.000Z', 90)],
  };

  it('find what each rule finds, the weightiest five (D-H3, D-H4)', () => {
    // Severity, then weight · (0.5 + severity / 2): body mass index 90 / 1.7² = 31.14, 4 · 6.14 / 25 = 0.983: 79; heart 4 · 9 / 90 = 0.4: 70;
    // sleep 2 / 7: 57.9; steps 0.5: 52.5; nutrition: protein 4 % and fat 36 % of 2,000 kcal, 2 of 4 flags: 45; water 0.5: 37.5, the sixth.
    const found = answer('recommendations', {}, rows);
    expect(found).toMatchObject({
      items: [
        { rank: 1, rule: 'weight_management', priority: 79, level: 'high', evidence: { observed: 31.14, target: 25, direction: 'above' } },
        { rank: 2, rule: 'elevated_heart_rate', priority: 70, level: 'high', evidence: { observed: 99, target: 90 } },
        { rank: 3, rule: 'insufficient_sleep', priority: 58, level: 'moderate', evidence: { observed: 6, target: 7 } },
        {
          rank: 4,
          rule: 'low_step_count',
          priority: 53,
          level: 'moderate',
          evidence: { observed: 4_000, target: 8_000, days_with_data: 3 },
        },
        { rank: 5, rule: 'poor_nutrition', priority: 45, level: 'moderate', evidence: { flags: ['protein', 'fat'] } },
      ],
      expires_at: '2026-11-10T13:00:00.000Z',
    });
  });

  it('hold an aim of the person before that of the age, and say nothing of two days', () => {
    const goals = [goal({ goal_type: 'steps', target_value: 4_000 }), goal({ goal_type: 'water', target_value: 5_000 })];
    const two = rows.daily.filter(({ bucket }) => !bucket.startsWith('2026-11-07'));
    const rules = (more: object) =>
      (answer('recommendations', {}, { ...rows, ...more }) as { items: { rule: string }[] }).items.map(({ rule }) => rule);
    // Equal to the target is silent; of water (5000 - 1000) / 5000 = 0.8: 45, after nutrition by its number.
    expect(rules({ goals })).toEqual([
      'weight_management',
      'elevated_heart_rate',
      'insufficient_sleep',
      'poor_nutrition',
      'low_water_intake',
    ]);
    expect(rules({ daily: two, weights: [] })).toEqual(['poor_nutrition', 'low_water_intake']);
    expect(rules({ daily: [], meals: [], profile: [] })).toEqual([]);
  });

  it('list measurements and meals as their rows are', () => {
    const row = {
      metric_id: 'm-1',
      metric_type: 'steps',
      value: 4_200,
      unit: 'count',
      source: null,
      _created_at: '2026-11-09T08:00:00.000Z',
    };
    expect(answer('metrics', {}, { rows: [row] })).toEqual({
      items: [
        {
          ...{ id: 'm-1', user_id: 'u-1', metric_type: 'steps', value: 4_200, unit: 'count', source: null },
          recorded_at: '2026-11-09T08:00:00.000Z',
        },
      ],
      next_cursor: null,
    });
    expect(answer('nutrition', { start: '2026-11-01', end: '2026-11-02' }, { meals: [], by_day: [] })).toEqual({
      ...{ user_id: 'u-1', items: [], totals: [], next_cursor: null },
    });
  });
});
