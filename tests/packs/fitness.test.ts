import { readFileSync } from 'node:fs';
import { compileLimits, SHIPPED_LAYER, type QuestionInput } from '@tidegate/core';
import { listRoutes } from '@tidegate/http';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { comparable } from './comparable.ts';
import { packFile, runPack } from './pack-in-process.ts';

// The real runs of 116 athletes may not be redistributed: tests/datasets replays them where they are.
describe('the synthetic samples, added up by hand', () => {
  const pack = runPack('fitness');
  const NOVEMBER = { kind: 'summary', from: '2026-11-01', to: '2026-12-01' } as const;
  const ask = (metric: string, measures: string[], more: Partial<QuestionInput> = {}) =>
    comparable(pack.ask({ ...NOVEMBER, metric, measures, ...more }));

  beforeAll(() => {
    for (const file of ['training', 'body']) {
      const lines = readFileSync(packFile('fitness', `samples/${file}.ndjson`), 'utf8')
        .trim()
        .split('\n');
      expect(pack.send(lines)).toEqual(lines.map(() => null));
    }
  });

  test.each<[string, string[], string]>([
    // 10000 + 31250.5 + 0 and 3120 + 4000 + 2700; one of three has a moving time, one a climb, two a heart rate: (150 + 132) / 2.
    ['training.activities', ['activities', 'athletes', 'distance_m', 'moving_time_s', 'elapsed_time_s'], '3 | 2 | 41250.5 | 3000 | 9820'],
    ['training.activities', ['elevation_gain_m', 'longest_m', 'mean_hr', 'highest_hr'], '85 | 31250.5 | 141 | 171'],
    // 735 + 745 + 755 + 765, 30 + 20 + 25 + 10, (146 + 149 + 151 + 154) / 4.
    ['training.splits', ['splits', 'distance_m', 'moving_time_s', 'elevation_gain_m', 'mean_hr'], '4 | 10000 | 3000 | 85 | 150'],
    // As they were logged: 850 + 640.25, 40 + 31, 100.5 + 70, 28 + 22.5.
    ['training.nutrition', ['entries', 'calories', 'protein_g', 'carbs_g', 'fat_g'], '2 | 1490.25 | 71 | 170.5 | 50.5'],
    // The last BMI is that of the first measurement; (71.4 + 70.9) / 2.
    ['training.bodies', ['measurements', 'athletes', 'weight_kg', 'body_fat_pct', 'muscle_mass_kg'], '2 | 1 | 70.9 | 14 | 36.5'],
    ['training.bodies', ['bmi', 'mean_weight_kg'], '22.1 | 71.15'],
    ['training.changes', ['changes'], '6'],
  ])('%s: %j', (metric, measures, expected) => {
    expect(ask(metric, measures)).toEqual([expected]);
  });

  test('one athlete has what is that athlete’s, by sport', () => {
    const more = { subject: 'athlete-3', kind: 'table', group_by: ['sport'] } satisfies Partial<QuestionInput>;
    expect(ask('training.activities', ['activities', 'distance_m'], more)).toEqual(['ride | 1 | 31250.5', 'run | 1 | 10000']);
    expect(ask('training.changes', ['changes'], { subject: 'athlete-4' })).toEqual(['1']);
  });

  test('a heart rate beyond what a heart does is refused, and so is an id that looks like an address', () => {
    const run = (data: object) =>
      JSON.stringify({
        ...{ id: 'x', type: 'training.activity.recorded', subject: 'a', occurred_at: '2026-11-01T08:00:00Z' },
        data: { activity_id: 'x', sport: 'run', started_at: '2026-11-01T08:00:00Z', distance_m: 1, elapsed_time_s: 1, ...data },
      });
    expect(pack.send([run({ avg_hr: 19 }), run({ avg_hr: 251 }), run({ activity_id: 'me@example.org' })])).toMatchObject([
      { code: 'field_out_of_range', path: 'data.avg_hr' },
      { code: 'field_out_of_range', path: 'data.avg_hr' },
      { code: 'personal_data', path: 'data.activity_id' },
    ]);
  });
});

function fitnessLimits(): (method: string, path: string) => readonly string[] {
  const { limits } = parse(readFileSync(packFile('fitness', 'pack.yaml'), 'utf8')) as { limits: { policies: object; classes: [] } };
  const compiled = compileLimits([SHIPPED_LAYER, { source: 'pack fitness', policies: { ...limits.policies }, classes: limits.classes }]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.fault));
  return (method, path) =>
    compiled.value.classOf(method, path).policies.map(({ name, limit, windowS }) => `${name}: ${limit} in ${windowS} s`);
}

test('an athlete may ask 60 times a minute, and for correlations 10 times an hour', () => {
  const policiesOf = fitnessLimits();
  const general = 'fitness.general: 60 in 60 s';
  for (const [method, path] of [
    ['GET', '/v1/activities'],
    ['PATCH', '/v1/activities/{activity_id}'],
    ['GET', '/v1/activities/summary'],
    ['POST', '/v1/nutrition'],
    ['DELETE', '/v1/body-composition/{measure_id}'],
    ['GET', '/v1/analytics/efficiency-trends'],
    ['GET', '/v1/dashboard'],
  ] as const) {
    expect([path, policiesOf(method, path)]).toEqual([path, expect.arrayContaining([general])]);
  }
  expect(policiesOf('GET', '/v1/correlations')).toEqual(expect.arrayContaining([general, 'fitness.correlations: 10 in 3600 s']));
  expect(policiesOf('GET', '/v1/metrics')).not.toContain(general);
});

test('who administers may ask 50 times a minute, on every route that takes a right to administer', () => {
  const policiesOf = fitnessLimits();
  const routes = listRoutes().filter(({ scope, path }) => scope?.endsWith(':admin') === true || path.startsWith('/v1/admin/'));
  expect(routes.length).toBeGreaterThan(30);
  for (const { method, path } of routes)
    expect([path, policiesOf(method, path)]).toEqual([path, expect.arrayContaining(['fitness.admin: 50 in 60 s'])]);
  for (const path of ['/v1/query', '/v1/limits/explain', '/v1/auth/login'])
    expect(policiesOf('POST', path).join()).not.toContain('fitness.admin');
});
