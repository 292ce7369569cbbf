import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { openOracle, type Oracle } from '../oracle/oracle.ts';
import { comparable } from './comparable.ts';
import { packFile, runPack } from './pack-in-process.ts';

describe('views over the synthetic samples, worked out by hand', () => {
  const pack = runPack('fitness');
  const { view } = pack;
  const athlete = { user_id: 'athlete-3', as_of: '2026-11-03T12:00:00Z' };

  beforeAll(() => {
    const lines = readFileSync(packFile('fitness', 'samples/training.ndjson'), 'utf8').trim().split('\n');
    expect(pack.send(lines)).toEqual(lines.map(() => null));
  });

  // The run: 1000 × 3000 s / 10000 m. The ride with what was told later: 1000 × 3600 / 31250.5 = 115.1982.
  const RUN = { activities: 1, distance_m: 10_000, moving_time_s: 3_000, elevation_gain_m: 85, avg_pace_s_per_km: 300, avg_hr: 150 };
  const RIDE = { activities: 1, distance_m: 31_250.5, moving_time_s: 3_600, elevation_gain_m: 210, avg_pace_s_per_km: 115.2, avg_hr: 132 };

  const LISTED = {
    // 60 × 31250.5 m / 3600 s / 132 bpm = 3.9458 m a beat; the time and the climb were told later, by an update.
    ride: {
      ...{
        id: 'a-2',
        sport: 'ride',
        started_at: '2026-11-02T17:30:00.000Z',
        distance_m: 31_250.5,
        moving_time_s: 3_600,
        elapsed_time_s: 4_000,
      },
      ...{ elevation_gain_m: 210, avg_hr: 132, avg_pace_s_per_km: 115.2, efficiency: 3.9458, splits: null },
    },
    // 60 × 10000 / 3000 / 150 = 1.3333.
    run: {
      ...{
        id: 'a-1',
        sport: 'run',
        started_at: '2026-11-01T08:00:00.000Z',
        distance_m: 10_000,
        moving_time_s: 3_000,
        elapsed_time_s: 3_120,
      },
      ...{ elevation_gain_m: 85, avg_hr: 150, avg_pace_s_per_km: 300, efficiency: 1.3333, splits: null },
    },
  };

  test('activities: as they are now, the newest first, of one sport, of some days, and page by page', async () => {
    const { ride, run } = LISTED;
    expect(await view('activities', athlete)).toEqual({ items: [ride, run], next_cursor: null });
    expect(await view('activities', { ...athlete, sport: 'run' })).toMatchObject({ items: [run] });
    expect(await view('activities', { user_id: 'athlete-3', start: '2026-11-02', end: '2026-11-02' })).toMatchObject({ items: [ride] });
    const first = (await view('activities', { ...athlete, limit: '1' })) as { items: unknown[]; next_cursor: string };
    expect(first.items).toEqual([ride]);
    expect(await view('activities', { ...athlete, limit: '1', cursor: first.next_cursor })).toEqual({ items: [run], next_cursor: null });
  });

  test('summary: by sport and week, or day; an activity without moving time counts with its elapsed one', async () => {
    // The 1st of November 2026 is a Sunday.
    expect(await view('activities_summary', { ...athlete, days: '30' })).toEqual({
      period: { start: '2026-10-05', end: '2026-11-03' },
      items: [
        { start: '2026-10-26', sport: 'run', ...RUN },
        { start: '2026-11-02', sport: 'ride', ...RIDE },
      ],
    });
    expect(await view('activities_summary', { ...athlete, interval: 'day', start: '2026-11-02', end: '2026-11-02' })).toMatchObject({
      items: [{ start: '2026-11-02', sport: 'ride', ...RIDE }],
    });
    // That of another athlete was taken back.
    expect(await view('activities_summary', { ...athlete, user_id: 'athlete-4' })).toMatchObject({ items: [] });
  });

  test('activities: with their splits in order, and none of what has none', async () => {
    const { items } = (await view('activities', { ...athlete, splits: 'true' })) as { items: { id: string; splits: object[] }[] };
    const part = { distance_m: 2_500, avg_hr: 146, moving_time_s: 735, elevation_gain_m: 30, split_no: 1 };
    expect(items.map(({ id, splits }) => [id, splits.length])).toEqual([
      ['a-2', 0],
      ['a-1', 4],
    ]);
    expect(items[1]?.splits[0]).toEqual(part);
  });

  test('efficiency: metres a beat, and how much less they are in the second half', async () => {
    // Of 3000 s the middles of two splits lie before 1500 s. Beats × 60: 146 · 735 + 149 · 745 = 218315 and 151 · 755 + 154 · 765 = 231815,
    // over equal distances: 100 · (1 - 218315 / 231815) = 5.8236.
    const run = { t: '2026-11-01T08:00:00.000Z', efficiency: 1.3333 };
    expect(await view('efficiency_trends', athlete)).toEqual({
      points: [{ ...run, rolling: 1.3333, decoupling_pct: 5.82, n: 1 }],
      ...{ slope_per_30d_pct: null, direction: 'insufficient_data', n: 1, best: run, not_evaluable: [] },
    });
    expect(await view('efficiency_trends', { ...athlete, user_id: 'nobody' })).toMatchObject({ points: [], best: null, n: 0 });
  });

  test('dashboard: seven and thirty days, the streak, and this week beside the four before', async () => {
    // 1000 × (3000 + 3600) / (10000 + 31250.5) = 159.9980, and (150 × 3000 + 132 × 3600) / 6600 = 140.1818. The four weeks before have 10000 m, 2500 each: 100 × (31250.5 - 2500) / 2500.
    const all = {
      activities: 2,
      distance_m: 41_250.5,
      moving_time_s: 6_600,
      elevation_gain_m: 295,
      avg_pace_s_per_km: 160,
      avg_hr: 140.18,
    };
    expect(await view('dashboard', athlete)).toMatchObject({
      last_7_days: all,
      last_30_days: all,
      last_activities: [
        { id: 'a-2', moving_time_s: 3_600, avg_pace_s_per_km: 115.2 },
        { id: 'a-1', avg_hr: 150, avg_pace_s_per_km: 300 },
      ],
      streak: { current_days: 2, longest_days: 2 },
      week: { distance_m: 31_250.5, change_pct: 1_150.02 },
    });
    expect(await view('dashboard', { ...athlete, as_of: '2026-11-20T12:00:00Z' })).toMatchObject({
      last_7_days: { activities: 0, distance_m: 0, avg_pace_s_per_km: null },
      streak: { current_days: 0, longest_days: 2 },
    });
    expect(await view('dashboard', { ...athlete, user_id: 'nobody' })).toMatchObject({ week: { distance_m: 0, change_pct: null } });
  });
});

function recorded(id: string, at: string, more: object): string {
  const data = { activity_id: id, sport: 'run', started_at: at, moving_time_s: 3_000, elapsed_time_s: 3_000, avg_hr: 150, ...more };
  return JSON.stringify({ id, type: 'training.activity.recorded', subject: 'athlete-9', occurred_at: at, data });
}

const dayOf = (day: number, hour = 10): string => new Date(Date.UTC(2026, 9, 1 + day, hour)).toISOString();

test('efficiency that grows by a tenth every ten days has that slope, by activity and by week (synthetic)', async () => {
  const pack = runPack('fitness');
  // 60 · distance / 3000 s / 150 beats: 7500 m is 1, 750 m more is a tenth more.
  const events = [0, 1, 2, 3, 4].map((at) => recorded(`r-${at}`, dayOf(10 * at), { distance_m: 7_500 + 750 * at }));
  const short = recorded('r-short', dayOf(20, 12), { distance_m: 500, moving_time_s: 200 });
  expect(pack.send([...events, short])).toEqual([...events, short].map(() => null));
  const asked = { user_id: 'athlete-9', start: '2026-09-28', end: '2026-11-15' };
  const trend = (await pack.view('efficiency_trends', asked)) as { points: { efficiency: number; rolling: number }[] };
  // 0.01 a day, of a mean of 1.2: 100 · 30 · 0.01 / 1.2.
  expect(trend).toMatchObject({ slope_per_30d_pct: 25, direction: 'improving', n: 5, not_evaluable: ['r-short'] });
  expect(trend).toMatchObject({ best: { t: dayOf(40), efficiency: 1.4 } });
  expect(trend.points.map(({ efficiency, rolling }) => [efficiency, rolling])).toEqual([
    ...[
      [1, 1],
      [1.1, 1.05],
      [1.2, 1.1],
    ],
    ...[
      [1.3, 1.15],
      [1.4, 1.2],
    ],
  ]);
  expect(await pack.view('dashboard', { user_id: 'athlete-9', as_of: '2026-11-12T12:00:00Z' })).toMatchObject({
    trend: { slope_per_30d_pct: 25, direction: 'improving', n: 5 },
  });
  const byWeek = (await pack.view('efficiency_trends', { ...asked, interval: 'week' })) as { points: { t: string; n: number }[] };
  expect(byWeek.points.map(({ t, n }) => [t, n])).toEqual([
    ...[
      ['2026-09-28', 1],
      ['2026-10-05', 1],
      ['2026-10-19', 1],
    ],
    ...[
      ['2026-10-26', 1],
      ['2026-11-09', 1],
    ],
  ]);
  // Four are too few to tell.
  expect(await pack.view('efficiency_trends', { ...asked, end: '2026-11-01' })).toMatchObject({
    direction: 'insufficient_data',
    slope_per_30d_pct: null,
  });
});

test('correlations are those that DuckDB finds, each input at its strongest lag (synthetic)', async () => {
  const pack = runPack('fitness');
  const DAYS = Array.from({ length: 40 }, (_, day) => day);
  // Carbohydrates of two days before decide; energy and the rest go their own ways, protein never changes.
  const carbs = DAYS.map((day) => 150 + ((day * day * 7) % 113));
  const meals = DAYS.map((day) => ({
    calories: 2_000 + ((day * 37) % 291),
    protein_g: 80,
    carbs_g: carbs[day] ?? 0,
    fat_g: 60 + ((day * 11) % 17),
  }));
  const runs = DAYS.map((day) => 7_000 + 5 * (carbs[day - 2] ?? 0) + ((day * 13) % 29));
  const events = DAYS.flatMap((day) => [
    JSON.stringify({
      ...{ id: `n-${day}`, type: 'training.nutrition.logged', subject: 'athlete-9', occurred_at: dayOf(day) },
      data: { entry_id: `n-${day}`, logged_on: dayOf(day).slice(0, 10), ...meals[day] },
    }),
    recorded(`r-${day}`, dayOf(day), { distance_m: runs[day] }),
  ]);
  expect(pack.send(events)).toEqual(events.map(() => null));
  const asked = { user_id: 'athlete-9', start: '2026-10-01', end: '2026-11-09', max_lag: '3' };
  const answer = (await pack.view('correlations', asked)) as {
    items: Record<string, unknown>[];
    skipped: { input: string; reason: string }[];
  };
  expect(answer.skipped).toEqual(
    [
      ...['body_fat_pct', 'bmi', 'weight_kg'].toSorted().map((input) => ({ input, reason: 'too_few' })),
      { input: 'climb_m_7d', reason: 'constant' },
      { input: 'protein_g', reason: 'constant' },
    ].toSorted((a, b) => (a.input < b.input ? -1 : 1)),
  );
  const oracle = await openOracle();
  await oracle.run(`CREATE TABLE days AS SELECT UNNEST(range(40)) AS day, UNNEST([${meals.map((one) => one.calories).join(', ')}]) AS calories,
    UNNEST([${carbs.join(', ')}]) AS carbs_g, UNNEST([${meals.map((one) => one.fat_g).join(', ')}]) AS fat_g, UNNEST([${runs.join(', ')}]) / 7500 AS output`);
  const expected = await strongest(oracle, ['calories', 'carbs_g', 'fat_g']);
  oracle.close();
  const found = answer.items.filter(({ input }) => !String(input).endsWith('_7d'));
  expect(comparable(found.map((one) => ['input', 'lag_days', 'n', 'r', 'slope'].map((name) => one[name])))).toEqual(comparable(expected));
  expect(answer.items[0]).toMatchObject({ input: 'carbs_g', lag_days: 2, direction: 'positive', strength: 'strong', significant: true });
  const [, second] = answer.items;
  expect(Math.abs(Number(answer.items[0]?.['r']))).toBeGreaterThan(Math.abs(Number(second?.['r'])));
});

/** Of each input its greatest |r| at lags of 0 to 3 days. */
async function strongest(oracle: Oracle, inputs: readonly string[]): Promise<readonly (readonly unknown[])[]> {
  const tried = inputs.flatMap((input) =>
    [0, 1, 2, 3].map(
      (
        lag,
      ) => `SELECT '${input}' AS input, ${lag} AS lag, count(*)::INT AS n, corr(o.output, i.${input}) AS r, regr_slope(o.output, i.${input}) AS slope
        FROM days o JOIN days i ON i.day = o.day - ${lag}`,
    ),
  );
  return oracle.rows(`SELECT input, lag, n, round(r, 4), round(slope, 4) FROM (${tried.join(' UNION ALL ')})
    QUALIFY row_number() OVER (PARTITION BY input ORDER BY abs(r) DESC, lag) = 1`);
}
