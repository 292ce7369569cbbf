import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localBucket } from '../oracle/tables.ts';
import { openOracle, sqlText, type Oracle } from '../oracle/oracle.ts';
import { runPack } from '../packs/pack-in-process.ts';

// What views of packs say of one person of a real file, in process; DuckDB over the same file says what it has to be.
const folder = process.env['TIDEGATE_DATA'] ?? '';
const made = mkdtempSync(join(tmpdir(), 'tidegate-views-'));
let oracle: Oracle;

beforeAll(async () => {
  oracle = await openOracle();
});

afterAll(() => {
  oracle?.close();
  rmSync(made, { recursive: true });
});

/** A file with the rows of one person. */
async function extract(file: string, where: string): Promise<string> {
  const out = join(made, 'rows.csv');
  await oracle.run(
    `COPY (SELECT * FROM read_csv(${sqlText(join(folder, file))}, header = true, all_varchar = true) WHERE ${where}) TO ${sqlText(out)}`,
  );
  return out;
}

/** `[current, longest]` of the days of a query, by gaps and islands. */
async function streaks(days: string, today: string): Promise<readonly unknown[]> {
  const [row = []] = await oracle.rows(`
    WITH days AS (${days}), islands AS (SELECT day, day - CAST(row_number() OVER (ORDER BY day) AS INT) AS island FROM days WHERE day <= DATE '${today}'),
      runs AS (SELECT count(*)::INT AS length, max(day) AS last FROM islands GROUP BY island)
    SELECT coalesce(max(length) FILTER (last >= DATE '${today}' - 1), 0), coalesce(max(length), 0) FROM runs`);
  return row;
}

describe('a learner of a Moodle course', () => {
  const zone = 'Europe/Helsinki';
  const pack = runPack('studyin');
  const { view } = pack;
  let learner = '';

  beforeAll(async () => {
    const all = join(folder, 'learning/moodle_la_course_events.csv.gz');
    const [[busiest] = []] = await oracle.rows(
      `SELECT "user" FROM read_csv(${sqlText(all)}, header = true, all_varchar = true) GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`,
    );
    learner = String(busiest);
    const file = await extract('learning/moodle_la_course_events.csv.gz', `"user" = ${sqlText(learner)}`);
    await oracle.run(`CREATE TABLE clicks AS SELECT "Event.context" AS material, timezone('${zone}', timecreated::TIMESTAMP) AS instant,
      CAST(timecreated AS DATE) AS day, "Event.name" = 'Course activity completion updated' AS is_completed FROM read_csv(${sqlText(file)}, all_varchar = true)`);
    const [[rows] = []] = await oracle.rows('SELECT count(*)::INT FROM clicks');
    expect(await pack.sendFile('mapping-moodle.yaml', file)).toEqual({ accepted: rows, faults: [] });
  });

  test.each(['2019-09-20', '2019-10-06', '2019-10-27'])('is told on %s what DuckDB tells of materials, days and streaks', async (today) => {
    const from = `DATE '${today}' - 29`;
    const [[views, completions, unique, completed, activeDays] = []] = await oracle.rows(`SELECT count(*) FILTER (NOT is_completed)::INT,
        count(*) FILTER (is_completed)::INT, count(DISTINCT material)::INT, count(DISTINCT material) FILTER (is_completed)::INT, count(DISTINCT day)::INT
      FROM clicks WHERE day BETWEEN ${from} AND DATE '${today}'`);
    const [current, longest] = await streaks('SELECT DISTINCT day FROM clicks', today);
    expect(await view('overview', { user_id: learner, tz: zone, as_of: `${today}T18:00:00Z` })).toMatchObject({
      ...{ materials_viewed: views, materials_completed: completions, unique_materials: unique, active_days: activeDays },
      completion_rate: Math.round((1e4 * Number(completed)) / Number(unique)) / 100,
      ...{ current_streak_days: current, longest_streak_days: longest },
    });
  });

  test('has on each day of the calendar the events of that day', async () => {
    const calendar = (await view('heatmap', { user_id: learner, tz: zone, as_of: '2019-10-27T20:00:00Z', days: '60' })) as {
      days: { date: string; events: number }[];
    };
    const expected = new Map(
      (await oracle.rows(`SELECT strftime(day, '%Y-%m-%d'), count(*)::INT FROM clicks GROUP BY 1`)).map(([day, count]) => [day, count]),
    );
    expect(calendar.days).toHaveLength(60);
    for (const { date, events } of calendar.days) expect([date, events]).toEqual([date, expected.get(date) ?? 0]);
  });
});

describe('an athlete with runs of years', () => {
  const pack = runPack('fitness');
  const { view } = pack;
  const athlete = '116';

  beforeAll(async () => {
    const file = await extract('endurance/strava_runs_116_athletes.csv.gz', `athlete = '${athlete}'`);
    await oracle.run(`CREATE TABLE runs AS SELECT strptime(timestamp, '%d/%m/%Y %H:%M') AT TIME ZONE 'UTC' AS instant,
        CAST(strptime(timestamp, '%d/%m/%Y %H:%M') AS DATE) AS day, CAST("distance (m)" AS DECIMAL(18, 3)) AS distance,
        CAST("elapsed time (s)" AS BIGINT) AS elapsed, CAST("elevation gain (m)" AS DECIMAL(18, 3)) AS climb
      FROM read_csv(${sqlText(file)}, all_varchar = true)`);
    const [[rows] = []] = await oracle.rows('SELECT count(*)::INT FROM runs');
    expect(await pack.sendFile('mapping.yaml', file)).toEqual({ accepted: rows, faults: [] });
  });

  test('is told week by week what DuckDB adds up, and the pace of what has a distance', async () => {
    const [[first, last] = []] = await oracle.rows(`SELECT strftime(max(day) - 365, '%Y-%m-%d'), strftime(max(day), '%Y-%m-%d') FROM runs`);
    const expected =
      await oracle.rows(`SELECT left(${localBucket('week', 'UTC')}, 10), count(*)::INT, CAST(sum(distance) AS DOUBLE), sum(elapsed)::INT,
        CAST(coalesce(sum(climb), 0) AS DOUBLE), round(CAST(1000 * sum(elapsed) FILTER (distance > 0 AND elapsed > 0) AS DOUBLE) / CAST(sum(distance) FILTER (distance > 0 AND elapsed > 0) AS DOUBLE), 2)
      FROM runs WHERE day BETWEEN DATE '${String(first)}' AND DATE '${String(last)}' GROUP BY 1 ORDER BY 1`);
    const summary = (await view('activities_summary', { user_id: athlete, start: String(first), end: String(last) })) as {
      items: Record<string, unknown>[];
    };
    expect(expected.length).toBeGreaterThan(20);
    expect(
      summary.items.map((one) => [
        one['start'],
        one['activities'],
        one['distance_m'],
        one['moving_time_s'],
        one['elevation_gain_m'],
        one['avg_pace_s_per_km'],
      ]),
    ).toEqual(expected);
  });

  test('has the streaks of the days that were run', async () => {
    const days = await oracle.rows(`SELECT strftime(day, '%Y-%m-%d') FROM runs GROUP BY day ORDER BY count(*) DESC, day LIMIT 5`);
    for (const [today] of days) {
      const [current, longest] = await streaks('SELECT DISTINCT day FROM runs', String(today));
      expect(await view('dashboard', { user_id: athlete, as_of: `${String(today)}T23:00:00Z` })).toMatchObject({
        streak: { current_days: current, longest_days: longest },
      });
    }
  });
});
