import { join } from 'node:path';
import type { Question } from '@tidegate/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOracle, sqlText, type Oracle } from '../oracle/oracle.ts';
import { createSubmissions, dataFile, localBucket, SUBMISSIONS_FILE } from '../oracle/tables.ts';
import { comparable } from '../packs/comparable.ts';
import { replay } from '../system/replay.ts';
import { startSystem, type RunningSystem } from '../system/running-system.ts';

// Whole real files through shipped packs and the whole system; DuckDB over the same file says what must come out. Most of them may not
// be redistributed: TIDEGATE_DATA names the folder that holds them.
/** Every event makes cells of its own person in several metrics. */
const PATIENT = { countedWithinMs: 500_000 };
const folder = process.env['TIDEGATE_DATA'] ?? '';
let system: RunningSystem;
let oracle: Oracle;

beforeAll(async () => {
  oracle = await openOracle();
  system = await startSystem('shippedsets', { packs: ['studyin', 'fitness'] });
});

afterAll(async () => {
  await system?.stop();
  oracle?.close();
});

async function expectRows(question: Question, sql: string): Promise<void> {
  const { rows } = await system.client.queryAll(question);
  const expected = await oracle.rows(sql);
  expect(expected.length).toBeGreaterThan(0);
  expect(comparable(rows)).toEqual(comparable(expected));
}

describe('submissions to the Open University', () => {
  const YEARS = { metric: 'learning.assessments', from: '2013-01-01', to: '2017-01-01' } as const;
  const SCORES = 'count(*)::INT, CAST(sum(score) AS DOUBLE) / count(score), max(score)::INT';
  const measures = ['submissions', 'mean_score', 'best_score'];

  beforeAll(async () => {
    await createSubmissions(oracle);
    expect(await replay(system, { ...PATIENT, pack: 'studyin', file: dataFile(SUBMISSIONS_FILE) })).toMatchObject({
      accepted: 173_912,
      rejected: 0,
    });
  });

  test('all of them are counted, with the mean score that is published', async () => {
    const { rows } = await system.client.query({ ...YEARS, kind: 'summary', measures });
    expect([rows[0]?.[0], Number(rows[0]?.[1]).toFixed(4)]).toEqual([173_912, '75.7996']);
  });

  test('every course has its submissions and scores, month by month, and so has every assessment', async () => {
    await expectRows(
      { ...YEARS, kind: 'table', group_by: ['course_id', 'banked'], measures },
      `SELECT course, banked, ${SCORES} FROM submissions GROUP BY 1, 2`,
    );
    await expectRows(
      { ...YEARS, kind: 'series', grain: 'month', fill: 'none', group_by: ['course_id'], measures },
      `SELECT strftime(date_trunc('month', day), '%Y-%m-%d 00:00'), course, ${SCORES} FROM submissions GROUP BY 1, 2`,
    );
    await expectRows(
      { ...YEARS, kind: 'table', group_by: ['assessment_id'], measures },
      `SELECT assessment, ${SCORES} FROM submissions GROUP BY 1`,
    );
  });

  test('one student has what that student handed in', async () => {
    await expectRows(
      { ...YEARS, metric: 'learning.marks', kind: 'series', grain: 'day', fill: 'none', subject: '11391', measures },
      `SELECT strftime(day, '%Y-%m-%d 00:00'), ${SCORES} FROM submissions WHERE learner = '11391' GROUP BY 1`,
    );
  });
});

describe('clicks of a Moodle course', () => {
  const file = join(folder, 'learning/moodle_la_course_events.csv.gz');
  const zone = 'Europe/Helsinki';
  const COURSE = { metric: 'learning.material_views', from: '2019-09-01', to: '2019-11-01', zone } as const;

  beforeAll(async () => {
    await oracle.run(`CREATE TABLE clicks AS SELECT "Event.context" AS material, "user" AS learner, timezone('${zone}', timecreated::TIMESTAMP) AS instant,
        CASE Component WHEN 'Quiz' THEN 'quiz' WHEN 'Page' THEN 'article' WHEN 'Zoom meeting' THEN 'video' ELSE 'other' END AS kind,
        "Event.name" = 'Course activity completion updated' AS is_completed
      FROM read_csv(${sqlText(file)}, header = true, all_varchar = true)`);
    const report = await replay(system, { ...PATIENT, pack: 'studyin', mapping: 'mapping-moodle.yaml', file });
    expect(report).toMatchObject({ accepted: 95_626, rejected: 0 });
  });

  test('every material has its views, learners and completions', async () => {
    await expectRows(
      { ...COURSE, kind: 'table', group_by: ['material_id'], measures: ['views', 'learners'] },
      'SELECT material, count(*)::INT, count(DISTINCT learner)::INT FROM clicks WHERE NOT is_completed GROUP BY 1',
    );
    await expectRows(
      {
        ...COURSE,
        metric: 'learning.material_completions',
        kind: 'table',
        group_by: ['material_id'],
        measures: ['completions', 'learners'],
      },
      'SELECT material, count(*)::INT, count(DISTINCT learner)::INT FROM clicks WHERE is_completed GROUP BY 1',
    );
    await expectRows(
      { ...COURSE, kind: 'table', group_by: ['material_type'], measures: ['views', 'materials'] },
      'SELECT kind, count(*)::INT, count(DISTINCT material)::INT FROM clicks WHERE NOT is_completed GROUP BY 1',
    );
  });

  test('every day and hour of Helsinki, across the end of its summer time, has its clicks and learners', async () => {
    for (const grain of ['hour', 'day'] as const) {
      await expectRows(
        { ...COURSE, metric: 'learning.active', kind: 'series', grain, fill: 'none', measures: ['events', 'learners'] },
        `SELECT ${localBucket(grain, zone)}, count(*)::INT, count(DISTINCT learner)::INT FROM clicks GROUP BY 1`,
      );
    }
  });

  test('one learner was there on the days of that learner', async () => {
    await expectRows(
      { ...COURSE, metric: 'learning.presence', kind: 'series', grain: 'day', fill: 'none', subject: '9d744e5bf', measures: ['events'] },
      `SELECT ${localBucket('day', zone)}, count(*)::INT FROM clicks WHERE learner = '9d744e5bf' GROUP BY 1`,
    );
  });
});

describe('runs of 116 athletes', () => {
  const file = join(folder, 'endurance/strava_runs_116_athletes.csv.gz');
  const YEARS = { metric: 'training.activities', from: '1999-12-01', to: '2020-03-01' } as const;
  const SUMS = 'count(*)::INT, sum(distance)::VARCHAR, sum(elapsed)::VARCHAR, sum(climb)::VARCHAR, max(distance)::VARCHAR';
  const measures = ['activities', 'distance_m', 'elapsed_time_s', 'elevation_gain_m', 'longest_m'];

  beforeAll(async () => {
    await oracle.run(`CREATE TABLE runs AS SELECT athlete, strptime(timestamp, '%d/%m/%Y %H:%M') AT TIME ZONE 'UTC' AS instant,
        CAST("distance (m)" AS DECIMAL(18, 3)) AS distance, CAST("elapsed time (s)" AS BIGINT) AS elapsed,
        CAST("elevation gain (m)" AS DECIMAL(18, 3)) AS climb, nullif(CAST("average heart rate (bpm)" AS DECIMAL(9, 3)), 0) AS heart
      FROM read_csv(${sqlText(file)}, header = true, all_varchar = true)`);
    // Exact copies of a row are real entries of the file: ids come from row numbers, so each counts.
    expect(await replay(system, { ...PATIENT, pack: 'fitness', file })).toMatchObject({ accepted: 42_116, rejected: 0 });
  });

  test('add up to the sums that the file’s description gives', async () => {
    const { rows } = await system.client.query({
      ...YEARS,
      kind: 'summary',
      measures: ['activities', 'athletes', 'distance_m', 'elapsed_time_s'],
    });
    expect(rows).toEqual([[42_116, 116, 464_470_080.8, 178_823_428]]);
  });

  test('have, month by month, what they add up to', async () => {
    await expectRows(
      { ...YEARS, kind: 'series', grain: 'month', fill: 'none', measures },
      `SELECT ${localBucket('month', 'UTC')}, ${SUMS} FROM runs GROUP BY 1`,
    );
    await expectRows(
      { ...YEARS, kind: 'series', grain: 'week', fill: 'none', subject: '116', measures },
      `SELECT ${localBucket('week', 'UTC')}, ${SUMS} FROM runs WHERE athlete = '116' GROUP BY 1`,
    );
  });

  test('have the mean of the heart rates that were taken, and quantiles of distance within one percent', async () => {
    const { rows } = await system.client.query({ ...YEARS, kind: 'summary', measures: ['mean_hr', 'distance.p50', 'distance.p95'] });
    const [expected = []] = await oracle.rows(
      'SELECT CAST(sum(heart) AS DOUBLE) / count(heart), quantile_cont(distance::DOUBLE, 0.5), quantile_cont(distance::DOUBLE, 0.95) FROM runs',
    );
    expect(rows[0]?.[0]).toBeCloseTo(Number(expected[0]), 9);
    for (const at of [1, 2]) expect(Math.abs(Number(rows[0]?.[at]) / Number(expected[at]) - 1)).toBeLessThanOrEqual(0.01);
  });
});
