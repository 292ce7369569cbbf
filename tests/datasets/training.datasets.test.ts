import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOracle, sqlText, type Oracle } from '../oracle/oracle.ts';
import { runPack } from '../packs/pack-in-process.ts';

// What the pack `fitness` says of real runs, in process; DuckDB over the same files says what it has to be.
const folder = process.env['TIDEGATE_DATA'] ?? '';
const made = mkdtempSync(join(tmpdir(), 'tidegate-training-'));
let oracle: Oracle;

beforeAll(async () => {
  oracle = await openOracle();
});
afterAll(() => {
  oracle?.close();
  rmSync(made, { recursive: true });
});

interface Trend {
  readonly points: readonly {
    readonly t: string;
    readonly efficiency: number;
    readonly rolling: number;
    readonly decoupling_pct: number | null;
  }[];
  readonly slope_per_30d_pct: number | null;
  readonly direction: string;
  readonly n: number;
  readonly best: { readonly t: string } | null;
}

/** A digit less than is answered, for both sides are rounded. */
function expectClose(found: number | null, expected: unknown, digits: number): void {
  if (expected === null || expected === undefined) expect(found).toBeNull();
  else expect(Number(found)).toBeCloseTo(Number(expected), digits - 1);
}

function directionOf(growth: unknown): string {
  if (growth === null) return 'insufficient_data';
  return Number(growth) >= 1 ? 'improving' : Number(growth) <= -1 ? 'declining' : 'stable';
}

/** Slope in percent of the mean in 30 days, of points `(at, efficiency)` of a query. */
async function growthOf(points: string): Promise<unknown> {
  const [[growth] = []] = await oracle.rows(`WITH points AS (${points}), days AS
      (SELECT efficiency, epoch(began - min(began) OVER ()) / 86400.0 AS day FROM points)
    SELECT CASE WHEN count(*) < 5 THEN NULL ELSE 3000 * regr_slope(efficiency, day) / avg(efficiency) END FROM days`);
  return growth;
}

describe('runs of four athletes with a watch on the heart', () => {
  const pack = runPack('fitness');
  let athletes: readonly string[] = [];

  beforeAll(async () => {
    const all = `read_csv(${sqlText(join(folder, 'endurance/strava_runs_116_athletes.csv.gz'))}, header = true, all_varchar = true)`;
    // Of runs of one minute one is taken, so that their order is known.
    await oracle.run(`CREATE TABLE rows AS SELECT * FROM ${all} SEMI JOIN (SELECT athlete FROM ${all} GROUP BY 1
        ORDER BY count(*) FILTER (CAST("average heart rate (bpm)" AS DOUBLE) BETWEEN 40 AND 240) DESC, 1 LIMIT 4) USING (athlete)
      QUALIFY row_number() OVER (PARTITION BY athlete, timestamp ORDER BY "distance (m)") = 1`);
    await oracle.run(`CREATE TABLE runs AS SELECT athlete, strptime(timestamp, '%d/%m/%Y %H:%M') AS began, CAST("distance (m)" AS DOUBLE) AS distance,
      CAST("elapsed time (s)" AS DOUBLE) AS seconds, CAST("average heart rate (bpm)" AS DOUBLE) AS heart FROM rows`);
    await oracle.run(`CREATE TABLE judged AS SELECT athlete, began, 60 * distance / seconds / heart AS efficiency FROM runs
      WHERE distance > 0 AND seconds >= 300 AND heart BETWEEN 40 AND 240`);
    const file = join(made, 'runs.csv');
    await oracle.run(`COPY rows TO ${sqlText(file)}`);
    const [[count] = []] = await oracle.rows('SELECT count(*)::INT FROM rows');
    expect(await pack.sendFile('mapping.yaml', file)).toEqual({ accepted: count, faults: [] });
    athletes = (await oracle.rows('SELECT DISTINCT athlete FROM runs ORDER BY 1')).map(([athlete]) => String(athlete));
  });

  /** Of an athlete the days at whose end is asked: that of the last run, and that of the middle one. */
  async function daysOf(athlete: string): Promise<readonly string[]> {
    const [row = []] = await oracle.rows(`SELECT strftime(max(began), '%Y-%m-%d'), strftime(quantile_disc(began, 0.5), '%Y-%m-%d')
      FROM judged WHERE athlete = '${athlete}'`);
    return row.map(String);
  }

  test.each(['activity', 'week'])(
    'efficiency by %s is what DuckDB works out, with its line, mean of seven and best (D-F3, D-F5)',
    async (interval) => {
      const seen = new Set<string>();
      for (const athlete of athletes) {
        for (const end of await daysOf(athlete)) {
          const trend = (await pack.view('efficiency_trends', {
            user_id: athlete,
            interval,
            as_of: `${end}T22:00:00Z`,
          })) as unknown as Trend;
          const own = `SELECT began, efficiency FROM judged WHERE athlete = '${athlete}' AND began >= DATE '${end}' - 89 AND began < DATE '${end}' + 1`;
          const points =
            interval === 'activity'
              ? own
              : `SELECT date_trunc('week', began) AS began, avg(efficiency) AS efficiency FROM (${own}) GROUP BY 1`;
          const expected =
            await oracle.rows(`SELECT strftime(began, '%Y-%m-%d'), efficiency, avg(efficiency) OVER (ORDER BY began ROWS 6 PRECEDING)
          FROM (${points}) ORDER BY began`);
          expect(trend.points.map(({ t }) => t.slice(0, 10))).toEqual(expected.map(([day]) => day));
          for (const [at, { efficiency, rolling }] of trend.points.entries()) {
            expectClose(efficiency, expected[at]?.[1], 4);
            expectClose(rolling, expected[at]?.[2], 4);
          }
          const growth = await growthOf(points);
          expectClose(trend.slope_per_30d_pct, growth, 2);
          expect(trend.direction).toBe(directionOf(growth));
          const [[best] = []] = await oracle.rows(
            `SELECT strftime(began, '%Y-%m-%d') FROM (${points}) ORDER BY efficiency DESC, began LIMIT 1`,
          );
          expect(trend.best?.t.slice(0, 10)).toBe(best);
          seen.add(trend.direction);
        }
      }
      // Of eight windows some grow and some do not, or the comparison says little.
      expect(seen.size).toBeGreaterThan(1);
    },
  );

  test('the distance of the week stands beside the mean of the four before (D-F7)', async () => {
    for (const athlete of athletes) {
      for (const end of await daysOf(athlete)) {
        const monday = `date_trunc('week', DATE '${end}')`;
        const [[distance, mean] = []] = await oracle.rows(`SELECT coalesce(sum(distance) FILTER (began >= ${monday}), 0),
            coalesce(sum(distance) FILTER (began < ${monday}), 0) / 4
          FROM runs WHERE athlete = '${athlete}' AND began >= ${monday} - INTERVAL 28 DAY AND began < ${monday} + INTERVAL 7 DAY`);
        const { week } = (await pack.view('dashboard', { user_id: athlete, as_of: `${end}T22:00:00Z` })) as unknown as {
          week: { distance_m: number; change_pct: number | null };
        };
        expectClose(week.distance_m, distance, 3);
        expectClose(week.change_pct, Number(mean) === 0 ? null : (100 * (Number(distance) - Number(mean))) / Number(mean), 2);
      }
    }
  });
});

describe('27 runs of one runner, second by second', () => {
  const pack = runPack('fitness');

  beforeAll(async () => {
    await oracle.run(`CREATE TABLE steps AS
      WITH samples AS (SELECT CAST(session AS INT) AS run, CAST(time AS TIMESTAMPTZ) AS began, CAST(distance AS DOUBLE) AS distance, CAST(heart_rate AS DOUBLE) AS heart
        FROM read_csv(${sqlText(join(folder, 'endurance/trackeR_runs_june2013.csv.gz'))}, header = true, nullstr = ['NA', ''], all_varchar = true))
      SELECT run, began, floor(distance / 1000)::INT + 1 AS split, heart, distance - lag(distance) OVER w AS metres, epoch(began - lag(began) OVER w) AS seconds
      FROM samples WHERE distance IS NOT NULL WINDOW w AS (PARTITION BY run ORDER BY began, distance)`);
    // Kilometres by the watch's own distance.
    await oracle.run(`CREATE TABLE parts AS SELECT run, split, round(sum(metres), 3) AS metres, round(sum(seconds), 3) AS seconds, round(avg(heart), 3) AS heart
      FROM steps GROUP BY 1, 2 HAVING sum(metres) > 0 AND sum(seconds) > 0`);
    await oracle.run(`CREATE TABLE whole AS SELECT run, strftime(min(began), '%Y-%m-%dT%H:%M:%SZ') AS began, round(sum(metres), 3) AS metres, round(sum(seconds), 3) AS seconds,
      round(avg(heart), 3) AS heart FROM steps GROUP BY 1`);
    const about = (id: string, type: string, at: string, data: object) =>
      JSON.stringify({ id, type: `training.${type}.recorded`, subject: 'runner', occurred_at: at, data });
    const runs = await oracle.rows('SELECT run, began, metres, seconds, heart FROM whole ORDER BY run');
    expect(runs).toHaveLength(27);
    const startOf = new Map(runs.map(([run, at]) => [run, String(at)]));
    const events = [
      ...runs.map(([run, at, metres, seconds, heart]) =>
        about(`r-${run}`, 'activity', String(at), {
          ...{ activity_id: `r-${run}`, sport: 'run', started_at: at, distance_m: metres, moving_time_s: seconds, elapsed_time_s: seconds },
          avg_hr: heart,
        }),
      ),
      ...(await oracle.rows('SELECT run, split, metres, seconds, heart FROM parts')).map(([run, split, metres, seconds, heart]) =>
        about(`s-${run}-${split}`, 'split', startOf.get(run ?? null) ?? '', {
          ...{ activity_id: `r-${run}`, split_no: split, distance_m: metres, moving_time_s: seconds, avg_hr: heart },
        }),
      ),
    ];
    expect(pack.send(events).filter((fault) => fault !== null)).toEqual([]);
  });

  test('each run is less far a beat in its second half by what DuckDB finds, halves being of time and splits of their middle (D-F4)', async () => {
    const expected =
      await oracle.rows(`WITH placed AS (SELECT *, sum(seconds) OVER (PARTITION BY run ORDER BY split) - seconds / 2 AS middle,
          sum(seconds) OVER (PARTITION BY run) AS total, count(*) OVER (PARTITION BY run) AS n, count(heart) OVER (PARTITION BY run) AS hearts FROM parts),
        halves AS (SELECT run, any_value(n) AS n, any_value(hearts) AS hearts,
          60 * sum(metres) FILTER (middle < total / 2) / sum(heart * seconds) FILTER (middle < total / 2) AS e1,
          60 * sum(metres) FILTER (middle >= total / 2) / sum(heart * seconds) FILTER (middle >= total / 2) AS e2 FROM placed GROUP BY run)
      SELECT whole.began, 60 * whole.metres / whole.seconds / whole.heart, CASE WHEN n >= 4 AND hearts = n THEN 100 * (e1 - e2) / e1 END
      FROM whole LEFT JOIN halves USING (run) WHERE whole.seconds >= 300 AND whole.heart BETWEEN 40 AND 240 ORDER BY 1`);
    const asked = { user_id: 'runner', start: '2013-06-01', end: '2013-06-30' };
    const trend = (await pack.view('efficiency_trends', asked)) as unknown as Trend;
    expect(trend.points.map(({ t }) => t.replace('.000', ''))).toEqual(expected.map(([at]) => at));
    for (const [at, { efficiency, decoupling_pct: pct }] of trend.points.entries()) {
      expectClose(efficiency, expected[at]?.[1], 4);
      expectClose(pct, expected[at]?.[2], 2);
    }
    expect(trend.points.filter(({ decoupling_pct: pct }) => pct !== null).length).toBeGreaterThan(15);
    const growth = await growthOf(`SELECT CAST(began AS TIMESTAMP) AS began, 60 * metres / seconds / heart AS efficiency FROM whole
      WHERE seconds >= 300 AND heart BETWEEN 40 AND 240`);
    expectClose(trend.slope_per_30d_pct, growth, 2);
    expect(trend.direction).toBe(directionOf(growth));
  });
});
