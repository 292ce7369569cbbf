import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { packFile, runPack } from './pack-in-process.ts';
import { viewsOf } from './view-in-process.ts';

describe('views over the synthetic samples, worked out by hand', () => {
  const pack = runPack('fitness');
  const view = viewsOf('fitness', pack);
  const athlete = { user_id: 'athlete-3', as_of: '2026-11-03T12:00:00Z' };

  beforeAll(() => {
    const lines = readFileSync(packFile('fitness', 'samples/training.ndjson'), 'utf8').trim().split('\n');
    expect(pack.send(lines)).toEqual(lines.map(() => null));
  });

  // The run: 1000 × 3000 s / 10000 m. The ride as it was recorded, without a moving time: 1000 × 4000 / 31250.5 = 127.998.
  const RUN = { activities: 1, distance_m: 10_000, moving_time_s: 3_000, elevation_gain_m: 85, avg_pace_s_per_km: 300 };
  const RIDE = { activities: 1, distance_m: 31_250.5, moving_time_s: 4_000, elevation_gain_m: 0, avg_pace_s_per_km: 128 };

  test('summary: by sport and week, or day; an activity without moving time counts with its elapsed one', () => {
    // The 1st of November 2026 is a Sunday.
    expect(view('activities_summary', { ...athlete, days: '30' })).toEqual({
      period: { start: '2026-10-05', end: '2026-11-03' },
      items: [
        { start: '2026-10-26', sport: 'run', ...RUN },
        { start: '2026-11-02', sport: 'ride', ...RIDE },
      ],
    });
    expect(view('activities_summary', { ...athlete, interval: 'day', start: '2026-11-02', end: '2026-11-02' })).toMatchObject({
      items: [{ start: '2026-11-02', sport: 'ride', ...RIDE }],
    });
    // Strength has no distance: it is counted, and has no pace.
    expect(view('activities_summary', { ...athlete, user_id: 'athlete-4' })).toMatchObject({
      items: [{ sport: 'strength', activities: 1, distance_m: 0, moving_time_s: 2_700, avg_pace_s_per_km: null }],
    });
  });

  test('dashboard: seven and thirty days, the streak, and this week beside the four before', () => {
    // 1000 × (3000 + 4000) / (10000 + 31250.5) = 169.6949. The four weeks before have 10000 m, 2500 each: 100 × (31250.5 - 2500) / 2500.
    const all = { activities: 2, distance_m: 41_250.5, moving_time_s: 7_000, elevation_gain_m: 85, avg_pace_s_per_km: 169.69 };
    expect(view('dashboard', athlete)).toEqual({
      last_7_days: all,
      last_30_days: all,
      streak: { current_days: 2, longest_days: 2 },
      week: { distance_m: 31_250.5, change_pct: 1_150.02 },
    });
    expect(view('dashboard', { ...athlete, as_of: '2026-11-20T12:00:00Z' })).toMatchObject({
      last_7_days: { activities: 0, distance_m: 0, avg_pace_s_per_km: null },
      streak: { current_days: 0, longest_days: 2 },
    });
    expect(view('dashboard', { ...athlete, user_id: 'nobody' })).toMatchObject({ week: { distance_m: 0, change_pct: null } });
  });
});
