import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { packFile, runPack } from './pack-in-process.ts';

describe('views over the synthetic samples, worked out by hand', () => {
  const pack = runPack('fitness');
  const { view } = pack;
  const athlete = { user_id: 'athlete-3', as_of: '2026-11-03T12:00:00Z' };

  beforeAll(() => {
    const lines = readFileSync(packFile('fitness', 'samples/training.ndjson'), 'utf8').trim().split('\n');
    expect(pack.send(lines)).toEqual(lines.map(() => null));
  });

  // The run: 1000 × 3000 s / 10000 m. The ride as it was recorded, without a moving time: 1000 × 4000 / 31250.5 = 127.998.
  const RUN = { activities: 1, distance_m: 10_000, moving_time_s: 3_000, elevation_gain_m: 85, avg_pace_s_per_km: 300 };
  const RIDE = { activities: 1, distance_m: 31_250.5, moving_time_s: 4_000, elevation_gain_m: 0, avg_pace_s_per_km: 128 };

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
      ...{ elevation_gain_m: 210, avg_hr: 132, avg_pace_s_per_km: 115.2, efficiency: 3.9458 },
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
      ...{ elevation_gain_m: 85, avg_hr: 150, avg_pace_s_per_km: 300, efficiency: 1.3333 },
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
    // Strength has no distance: it is counted, and has no pace.
    expect(await view('activities_summary', { ...athlete, user_id: 'athlete-4' })).toMatchObject({
      items: [{ sport: 'strength', activities: 1, distance_m: 0, moving_time_s: 2_700, avg_pace_s_per_km: null }],
    });
  });

  test('dashboard: seven and thirty days, the streak, and this week beside the four before', async () => {
    // 1000 × (3000 + 4000) / (10000 + 31250.5) = 169.6949. The four weeks before have 10000 m, 2500 each: 100 × (31250.5 - 2500) / 2500.
    const all = { activities: 2, distance_m: 41_250.5, moving_time_s: 7_000, elevation_gain_m: 85, avg_pace_s_per_km: 169.69 };
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
