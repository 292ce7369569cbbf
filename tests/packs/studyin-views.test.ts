import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { openOracle } from '../oracle/oracle.ts';
import { packFile, runPack } from './pack-in-process.ts';

interface Page {
  readonly items: readonly Record<string, unknown>[];
  readonly next_cursor: string | null;
}

describe('views over the synthetic samples, worked out by hand', () => {
  const pack = runPack('studyin');
  const { view } = pack;
  const as_of = '2026-11-04T12:00:00Z';
  const learner = { user_id: 'learner-7', as_of };

  beforeAll(() => {
    for (const file of ['learning', 'coach', 'system']) {
      const lines = readFileSync(packFile('studyin', `samples/${file}.ndjson`), 'utf8')
        .trim()
        .split('\n');
      expect(pack.send(lines)).toEqual(lines.map(() => null));
    }
  });

  test('overview: sessions, minutes, points, materials and streaks of three days', async () => {
    // 1530 s are 25.5 minutes, 600 s are 10; half of 35.5 is 17.75. One of two materials was completed.
    const overview = await view('overview', { ...learner, days: '3' });
    const { median_session_minutes: median, ...rest } = overview as { median_session_minutes: number };
    expect(Math.abs(median / 17.75 - 1)).toBeLessThanOrEqual(0.01);
    expect(rest).toEqual({
      period: { start: '2026-11-02', end: '2026-11-04' },
      ...{ total_sessions: 2, open_sessions: 0, total_study_minutes: 35.5, avg_session_minutes: 17.75, longest_session_minutes: 25.5 },
      ...{ total_xp: 60, materials_viewed: 1, materials_completed: 1, unique_materials: 2, completion_rate: 50 },
      // The 2nd and the 3rd; asked on the 4th the run is still going on.
      ...{ active_days: 2, current_streak_days: 2, longest_streak_days: 2 },
      daily: [
        { date: '2026-11-02', sessions: 1, minutes: 25.5, xp: 65, materials_completed: 1 },
        { date: '2026-11-03', sessions: 1, minutes: 10, xp: -5, materials_completed: 0 },
        { date: '2026-11-04', sessions: 0, minutes: 0, xp: 0, materials_completed: 0 },
      ],
    });
    expect(await view('overview', { user_id: 'nobody', as_of, days: '1' })).toMatchObject({
      ...{ total_sessions: 0, avg_session_minutes: null, median_session_minutes: null, completion_rate: null, current_streak_days: 0 },
    });
    expect(await view('overview', { user_id: 'learner-8', as_of, days: '30' })).toMatchObject({ total_sessions: 1, open_sessions: 1 });
  });

  test('daily activity: what was done on each day', async () => {
    const none = {
      user_hash: 'learner-7',
      sessions: 0,
      study_seconds: 0,
      xp: 0,
      materials_viewed: 0,
      materials_completed: 0,
      coach_messages: 0,
      achievements: 0,
    };
    expect(await view('daily_activity_summary', { ...learner, days: '3' })).toEqual({
      items: [
        {
          ...none,
          activity_date: '2026-11-02',
          sessions: 1,
          study_seconds: 1_530,
          xp: 65,
          materials_viewed: 1,
          materials_completed: 1,
          achievements: 1,
        },
        { ...none, activity_date: '2026-11-03', sessions: 1, study_seconds: 600, xp: -5, coach_messages: 3 },
        { ...none, activity_date: '2026-11-04' },
      ],
    });
  });

  test('learning_sessions: a row a session, with its materials and achievements in the order of their coming', async () => {
    const session = { user_hash: 'learner-7', achievement_ids: [] };
    expect(await view('learning_sessions', learner)).toEqual({
      items: [
        {
          ...{ ...session, session_id: 'sess-2', started_at: '2026-11-03T18:00:00.000Z', ended_at: '2026-11-03T18:10:00.000Z' },
          ...{ duration_seconds: 600, xp_earned: 10, material_ids: ['anatomy-02'] },
        },
        {
          ...{ ...session, session_id: 'sess-1', started_at: '2026-11-02T17:00:00.000Z', ended_at: '2026-11-02T17:25:30.000Z' },
          ...{ duration_seconds: 1_530, xp_earned: 60, material_ids: ['anatomy-01', 'anatomy-quiz-01'], achievement_ids: ['first-quiz'] },
        },
      ],
      next_cursor: null,
    });
    // What was looked at beside a session that nobody named is of none.
    expect(await view('learning_sessions', { user_id: 'learner-8', as_of })).toMatchObject({
      items: [{ session_id: 'sess-3', ended_at: null, duration_seconds: null, xp_earned: null, material_ids: [] }],
    });
    const first = (await view('learning_sessions', { ...learner, limit: '1' })) as { items: unknown[]; next_cursor: string };
    expect(await view('learning_sessions', { ...learner, limit: '1', cursor: first.next_cursor })).toMatchObject({
      items: [{ session_id: 'sess-1' }],
      next_cursor: null,
    });
  });

  test('gamification_stats: the state of a learner, and when it changed last', async () => {
    expect(await view('gamification_stats', learner)).toEqual({
      ...{ user_hash: 'learner-7', total_xp: 60, current_level: 2, current_streak: 2, longest_streak: 2, achievement_ids: ['first-quiz'] },
      updated_at: '2026-11-03T18:10:01.000Z',
    });
    expect(await view('gamification_stats', { user_id: 'nobody', as_of })).toEqual({
      ...{
        user_hash: 'nobody',
        total_xp: 0,
        current_level: 1,
        current_streak: 0,
        longest_streak: 0,
        achievement_ids: [],
        updated_at: null,
      },
    });
  });

  test('of all learners there is a row each, as each has it when asked alone, page by page', async () => {
    const rowsOf = async (name: string, more: Record<string, string>): Promise<readonly Record<string, unknown>[]> => {
      const rows: Record<string, unknown>[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page = (await view(name, { as_of, limit: '1', ...more, ...(cursor === '' ? {} : { cursor }) })) as unknown as Page;
        rows.push(...page.items);
        cursor = page.next_cursor;
      }
      return rows;
    };
    const learners = ['learner-7', 'learner-8'];
    const days = await Promise.all(
      learners.map(async (user) => (await view('daily_activity_summary', { user_id: user, as_of, days: '7' })) as unknown as Page),
    );
    const busy = days
      .flatMap(({ items }) => items)
      .filter(({ user_hash: _user, activity_date: _date, ...figures }) => Object.values(figures).some((one) => one !== 0));
    expect(new Set(busy.map((row) => row['user_hash']))).toEqual(new Set(learners));
    expect(await rowsOf('daily_activity_of_all', { days: '7' })).toEqual(busy);
    const { items: standing } = (await view('gamification_stats_of_all', { as_of, limit: '50' })) as unknown as Page;
    const alone = standing.map(async ({ user_hash: user }) => view('gamification_stats', { user_id: String(user), as_of }));
    expect(standing).toEqual(await Promise.all(alone));
    expect(standing).toMatchObject([{ user_hash: 'learner-7', total_xp: 60, current_level: 2, achievement_ids: ['first-quiz'] }]);
    expect(await rowsOf('gamification_stats_of_all', {})).toEqual(standing);
    expect(await view('daily_activity_of_all', { as_of: '2025-01-01T00:00:00Z' })).toMatchObject({
      items: [],
      next_cursor: null,
      complete: true,
    });
  });

  test('ai_coach_metrics: a row a talk, each message counted', async () => {
    // (1800 + 1200) / 2 ms, 220 + 140 tokens.
    expect(await view('ai_coach_metrics', learner)).toEqual({
      items: [
        {
          ...{ conversation_id: 'conv-1', user_hash: 'learner-7', started_at: '2026-11-03T18:02:00.000Z' },
          ...{ messages: 3, avg_response_ms: 1_500, tokens: 360, rating: 5 },
        },
      ],
      next_cursor: null,
    });
  });

  test('system_metrics: requests and errors one by one, those of a route, and those that failed', async () => {
    const asked = { as_of: '2026-11-03T18:30:00Z' };
    const { items } = (await view('system_metrics', asked)) as { items: Record<string, unknown>[] };
    expect(items).toHaveLength(6);
    expect(items[0]).toEqual({
      ...{ occurred_at: '2026-11-03T18:00:05.000Z', method: null, route: null, status_code: null, duration_ms: null },
      ...{ error_type: 'TimeoutError', authenticated: null },
    });
    expect(await view('system_metrics', { ...asked, status_min: '500' })).toEqual({
      items: [
        {
          ...{ occurred_at: '2026-11-03T18:00:02.000Z', method: 'POST', route: '/login', status_code: 503, duration_ms: 250 },
          ...{ error_type: null, authenticated: false },
        },
      ],
      next_cursor: null,
    });
    expect(await view('system_metrics', { ...asked, route: '/courses/{id}' })).toMatchObject({
      items: [{ status_code: 404 }, { status_code: 200 }],
    });
    expect(await view('system_metrics', { ...asked, minutes: '5' })).toMatchObject({ items: [] });
  });

  test('hourly_analytics_summary: each hour has its events by type, with users, duration and errors', async () => {
    const { items } = (await view('hourly_analytics_summary', { start: '2026-11-03', end: '2026-11-03' })) as {
      items: Record<string, unknown>[];
    };
    const at = (hour: string) => items.filter((one) => one['hour'] === `2026-11-03T${hour}:00:00.000+00:00`);
    const evening = at('18').toSorted((a, b) => (String(a['event_type']) < String(b['event_type']) ? -1 : 1));
    // (12.5 + 3.5 + 250 + 34) / 4 ms, and of four requests one was answered with 503; 600 s of the session.
    expect(evening.map((one) => ['event_type', 'events', 'unique_users', 'avg_duration_ms', 'errors'].map((name) => one[name]))).toEqual([
      ['experiment.exposed', 2, 2, null, 0],
      ['experiment.goal', 1, 1, null, 0],
      ['learning.coach.messaged', 3, 1, null, 0],
      ['learning.coach.rated', 1, 1, null, 0],
      ['learning.session.ended', 1, 1, 600_000, 0],
      ['learning.session.started', 1, 1, null, 0],
      ['learning.xp.awarded', 1, 1, null, 0],
      ['system.error.raised', 2, 0, null, 2],
      ['system.request.completed', 4, 0, 75, 1],
    ]);
    expect(at('06').map((one) => one['event_type'])).toEqual(
      expect.arrayContaining(['learning.session.started', 'learning.material.viewed', 'learning.coach.messaged', 'learning.coach.rated']),
    );
  });

  test('heatmap: a level for each day, and minutes by hour of the week from Monday on', async () => {
    const { days, hours, max_minutes } = (await view('heatmap', { ...learner, days: '3' })) as Record<string, unknown>;
    expect(days).toEqual([
      { date: '2026-11-02', sessions: 1, minutes: 25.5, xp: 65, events: 5, level: 2 },
      { date: '2026-11-03', sessions: 1, minutes: 10, xp: -5, events: 2, level: 1 },
      { date: '2026-11-04', sessions: 0, minutes: 0, xp: 0, events: 0, level: 0 },
    ]);
    const week = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0));
    // The 2nd of November 2026 is a Monday.
    week[0]?.splice(17, 1, 25.5);
    week[1]?.splice(18, 1, 10);
    expect([hours, max_minutes]).toEqual([week, 25.5]);
    // In Auckland, 13 hours ahead, the evenings are the next mornings.
    const auckland = (await view('heatmap', { ...learner, days: '3', tz: 'Pacific/Auckland' })) as {
      days: { date: string; minutes: number }[];
    };
    expect(auckland.days.map(({ date, minutes }) => [date, minutes])).toEqual([
      ['2026-11-03', 25.5],
      ['2026-11-04', 10],
      ['2026-11-05', 0],
    ]);
  });

  test('progress: points of the period and of all time, level, achievements, and the streak as the application told it', async () => {
    expect(await view('progress', { ...learner, days: '2' })).toEqual({
      ...{ total_xp: 60, level: 2, xp_in_period: -5 },
      xp_trend: [
        { date: '2026-11-03', xp: -5, cumulative_xp: 60 },
        { date: '2026-11-04', xp: 0, cumulative_xp: 60 },
      ],
      achievements: [{ achievement_id: 'first-quiz', unlocked_at: '2026-11-02T17:25:33.000Z' }],
      ...{ achievements_total: 1, current_streak_days: 2, longest_streak_days: 2, reported_streak: 1 },
    });
    expect(await view('progress', { user_id: 'learner-8', as_of })).toMatchObject({ total_xp: 0, level: 1, achievements: [] });
  });

  test('progress: an achievement counts from its first unlock, points are not below zero, and the level is the latest (D-S3)', async () => {
    const events = [
      ['achievement_unlocked', '2026-10-02T08:00:00Z', { achievement_id: 'a' }],
      ['achievement_unlocked', '2026-10-03T08:00:00Z', { achievement_id: 'a' }],
      ['xp_gained', '2026-10-02T08:00:00Z', { xp_amount: 10, reason: 'session' }],
      ['xp_gained', '2026-10-03T08:00:00Z', { xp_amount: -30, reason: 'other' }],
      ['level_up', '2026-10-02T08:00:00Z', { level: 7 }],
      ['level_up', '2026-10-03T08:00:00Z', { level: 6 }],
    ] as const;
    const texts = events.map(([type, occurred_at, data], at) =>
      JSON.stringify({ id: `p-${at}`, type, occurred_at, subject: 'learner-9', data }),
    );
    expect(pack.send(texts)).toEqual(texts.map(() => null));
    expect(await view('progress', { user_id: 'learner-9', as_of: '2026-10-04T12:00:00Z', days: '3' })).toMatchObject({
      ...{ total_xp: 0, level: 6, xp_in_period: -20, achievements_total: 1 },
      achievements: [{ achievement_id: 'a', unlocked_at: '2026-10-02T08:00:00.000Z' }],
      xp_trend: [{ cumulative_xp: 10 }, { cumulative_xp: -20 }, { cumulative_xp: -20 }],
    });
  });

  test('coach: of one learner, and of all', async () => {
    // (1800 + 1200) / 2, 220 + 140; of all (1800 + 1200 + 900) / 3, and one of two ratings is 4 or more.
    expect(await view('coach', learner)).toMatchObject({
      ...{ conversations: 1, messages: 3, messages_per_conversation: 3, response_ms: { avg: 1500 } },
      ...{ ratings: 1, avg_rating: 5, helpful_rate: 100, tokens: 360 },
    });
    expect(await view('coach', { user_id: '*', as_of })).toMatchObject({
      ...{ conversations: 2, messages: 4, messages_per_conversation: 2, response_ms: { avg: 1300 } },
      ...{ ratings: 2, avg_rating: 3.5, helpful_rate: 50, tokens: 420 },
    });
    expect(await view('coach', { user_id: 'nobody', as_of })).toMatchObject({
      conversations: 0,
      helpful_rate: null,
      avg_rating: null,
      tokens: 0,
    });
  });

  test('predictions: nothing of who was never there, a risk of who was, a forecast after two weeks', async () => {
    expect(await view('predictions', { user_id: 'nobody', as_of })).toEqual({
      forecast: null,
      risk: null,
      label: null,
      model_version: 'starting-1',
    });
    // Last there a day ago, on two days of the last 14, 17.75 minutes a day: z = -1 + 0.15 - 0.4 - 0.1775 = -1.4275.
    expect(await view('predictions', learner)).toMatchObject({ forecast: null, risk: 0.1935, label: 'low' });
    // 16 days after the last one: z = -1 + 2.4 = 1.4.
    expect(await view('predictions', { ...learner, as_of: '2026-11-19T12:00:00Z' })).toMatchObject({ risk: 0.8022, label: 'high' });
  });

  test('system: an hour of requests, of which one of four failed, and one route of it', async () => {
    const hour = { as_of: '2026-11-03T18:30:00Z', minutes: '60' };
    // (12.5 + 3.5 + 250 + 34) / 4. Within the hour are 4 requests, 2 errors, 3 of the lessons, 4 of the talks and 3 of the experiment.
    expect(await view('system', hour)).toMatchObject({
      ...{ requests: 4, errors: 1, error_rate: 25, client_errors: 1, latency_ms: { avg: 75, max: 250 } },
      ...{ active_users: { last_5m: 0, last_1h: 2, last_24h: 2 }, events: { total: 16, per_second: 0 } },
      routes: [
        { method: 'GET', route: '/courses/{id}', requests: 2, error_rate: 0 },
        { method: 'POST', route: '/login', requests: 2, error_rate: 50 },
      ],
      errors_by_type: [{ error_type: 'TimeoutError', count: 2 }],
      // Lags are asked for of the same hour (p50 says from when, p95 until when, the longest how long that is), to a tenth.
      lag_ms: { p50: Date.UTC(2026, 10, 3, 17, 30) + 0.3, p95: Date.UTC(2026, 10, 3, 18, 30), max: 3_600_000 },
    });
    // (250 + 34) / 2.
    expect(await view('system', { ...hour, route: '/login' })).toMatchObject({
      requests: 2,
      errors: 1,
      error_rate: 50,
      latency_ms: { avg: 142 },
    });
    expect(await view('system', { ...hour, minutes: '5' })).toMatchObject({
      requests: 0,
      error_rate: null,
      latency_ms: { avg: null, p95: null },
    });
  });
});

test('the forecast of synthetic minutes is the line that DuckDB fits, with its band', async () => {
  const pack = runPack('studyin');
  const MINUTES = Array.from({ length: 28 }, (_, day) => (day % 7 === 0 ? 0 : 60 - day + 5 * (day % 3)));
  const events = MINUTES.flatMap((minutes, day) => {
    const at = new Date(Date.UTC(2026, 9, 1 + day, 18)).toISOString();
    const event = { subject: 'learner-9', occurred_at: at, data: { session_id: `s-${day}` } };
    const ended = { ...event, id: `e-${day}`, type: 'session_end', data: { ...event.data, duration_seconds: minutes * 60 } };
    return [{ ...event, id: `b-${day}`, type: 'session_start' }, ended].map((one) => JSON.stringify(one));
  });
  expect(pack.send(events)).toEqual(events.map(() => null));
  const oracle = await openOracle();
  const expected = await oracle.rows(`
    WITH points AS (SELECT UNNEST(range(28)) AS x, UNNEST([${MINUTES.join(', ')}])::DOUBLE AS y),
      line AS (SELECT regr_slope(y, x) AS slope, regr_intercept(y, x) AS start, 1.96 * sqrt((regr_syy(y, x) - regr_slope(y, x) ^ 2 * regr_sxx(y, x)) / 26) AS band FROM points)
    SELECT strftime(DATE '2026-10-01' + x::INT, '%Y-%m-%d'), round(greatest(0, start + slope * x), 2), round(greatest(0, start + slope * x - band), 2),
      round(greatest(0, start + slope * x + band), 2) FROM line, range(28, 35) AS later(x) ORDER BY x`);
  oracle.close();
  const { forecast } = (await pack.view('predictions', { user_id: 'learner-9', as_of: '2026-10-28T20:00:00Z' })) as {
    forecast: Record<string, unknown>[];
  };
  expect(forecast.map(({ date, value, lo, hi }) => [date, value, lo, hi])).toEqual(expected);
});

test('progress: what came after an instant in the middle of a day is not told (D-S3)', async () => {
  const pack = runPack('studyin');
  const events = [
    ['xp_gained', '2026-10-02T08:00:00Z', { xp_amount: 10, reason: 'session' }],
    ['xp_gained', '2026-10-03T09:00:00Z', { xp_amount: 20, reason: 'session' }],
    ['xp_gained', '2026-10-03T09:00:00.001Z', { xp_amount: 40, reason: 'session' }],
    ['level_up', '2026-10-03T09:00:00Z', { level: 2 }],
    ['level_up', '2026-10-03T09:05:00Z', { level: 3 }],
    ['achievement_unlocked', '2026-10-03T09:05:00Z', { achievement_id: 'early-bird' }],
    ['streak_updated', '2026-10-03T08:59:00Z', { streak_days: 2 }],
    ['streak_updated', '2026-10-03T23:00:00Z', { streak_days: 3 }],
    ['xp_gained', '2026-10-04T09:00:00Z', { xp_amount: 80, reason: 'session' }],
  ] as const;
  const texts = events.map(([type, occurred_at, data], at) =>
    JSON.stringify({ id: `m-${at}`, type, occurred_at, subject: 'learner-12', data }),
  );
  expect(pack.send(texts)).toEqual(texts.map(() => null));
  const of = async (name: string, as_of: string, more: object = {}) => pack.view(name, { user_id: 'learner-12', as_of, ...more });
  const nine = '2026-10-03T09:00:00Z';
  expect(await of('progress', nine, { days: '2' })).toMatchObject({
    ...{ total_xp: 30, xp_in_period: 30, level: 2, achievements_total: 0, reported_streak: 2, current_streak_days: 2 },
    xp_trend: [
      { date: '2026-10-02', xp: 10, cumulative_xp: 10 },
      { date: '2026-10-03', xp: 20, cumulative_xp: 30 },
    ],
  });
  // Dates that were asked for are told no further than the instant either, and no further than their end.
  expect(await of('progress', nine, { start: '2026-10-03', end: '2026-10-04' })).toMatchObject({
    ...{ total_xp: 30, xp_in_period: 20 },
    xp_trend: [
      { xp: 20, cumulative_xp: 30 },
      { xp: 0, cumulative_xp: 30 },
    ],
  });
  expect(await of('progress', nine, { start: '2026-10-04', end: '2026-10-05' })).toMatchObject({ total_xp: 30, xp_in_period: 0 });
  expect(await of('progress', '2026-10-20T00:00:00Z', { start: '2026-10-03', end: '2026-10-03' })).toMatchObject({
    ...{ total_xp: 70, xp_in_period: 60, level: 3, reported_streak: 3 },
  });
  expect(await of('gamification_stats', nine)).toMatchObject({ total_xp: 30, current_level: 2, achievement_ids: [] });
  const { items } = (await pack.view('gamification_stats_of_all', { as_of: nine, limit: '50' })) as unknown as Page;
  expect(items.find((row) => row['user_hash'] === 'learner-12')).toEqual(await of('gamification_stats', nine));
  expect(await of('gamification_stats', '2026-10-03T12:00:00Z')).toMatchObject({
    ...{ total_xp: 70, current_level: 3, achievement_ids: ['early-bird'] },
  });
});
