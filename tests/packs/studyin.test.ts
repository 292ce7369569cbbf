import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QuestionInput } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOracle, sqlText, type Oracle } from '../oracle/oracle.ts';
import { createSubmissions, dataFile, SUBMISSIONS_FILE } from '../oracle/tables.ts';
import { comparable } from './comparable.ts';
import { packFile, runPack } from './pack-in-process.ts';

/** Modules with courses of three of the four starts; tests/datasets replays the whole file through the whole system. */
const MODULES = ['AAA', 'EEE'];

describe("the Open University's submissions", () => {
  const metric = 'learning.assessments';
  const ALL_TIME = { from: '2013-01-01', to: '2017-01-01' } as const;
  /** Scores are whole, so that this is rounded once. */
  const MEAN = 'CAST(sum(score) AS DOUBLE) / count(score)';
  const pack = runPack('studyin');
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-submissions-'));
  let oracle: Oracle;

  async function expectRows(question: Partial<QuestionInput>, sql: string): Promise<void> {
    const expected = await oracle.rows(sql);
    expect(expected.length).toBeGreaterThan(0);
    expect(comparable(pack.ask({ metric, ...ALL_TIME, ...question }))).toEqual(comparable(expected));
  }

  beforeAll(async () => {
    oracle = await openOracle();
    await createSubmissions(oracle);
    await oracle.run(`DELETE FROM submissions WHERE left(course, 3) NOT IN ('${MODULES.join("', '")}')`);
    const file = join(folder, 'student_assessment.csv');
    await oracle.run(`COPY (SELECT handed_in.* FROM read_csv(${sqlText(dataFile(SUBMISSIONS_FILE))}, all_varchar = true) AS handed_in
      SEMI JOIN submissions ON id_assessment = assessment) TO ${sqlText(file)}`);
    copyFileSync(dataFile('oulad/assessment.csv.gz'), join(folder, 'assessment.csv.gz'));
    const [[rows] = []] = await oracle.rows('SELECT count(*)::INT FROM submissions');
    expect(await pack.sendFile('mapping.yaml', file)).toEqual({ accepted: rows, faults: [] });
  }, 60_000);
  afterAll(() => {
    oracle?.close();
    rmSync(folder, { recursive: true });
  });

  test('have, for each course and what was banked in it, their count and their scores', async () => {
    await expectRows(
      { kind: 'table', group_by: ['course_id', 'banked'], measures: ['submissions', 'mean_score', 'least_score', 'best_score'] },
      `SELECT course, banked, count(*)::INT, ${MEAN}, min(score)::INT, max(score)::INT FROM submissions GROUP BY 1, 2`,
    );
    await expectRows(
      { kind: 'table', group_by: ['assessment_id'], measures: ['submissions', 'mean_score'] },
      `SELECT assessment, count(*)::INT, ${MEAN} FROM submissions GROUP BY 1`,
    );
  });

  test('fall on the days that are counted from the start of their course', async () => {
    await expectRows(
      { kind: 'series', grain: 'day', fill: 'none', measures: ['submissions'] },
      `SELECT strftime(day, '%Y-%m-%d 00:00'), count(*)::INT FROM submissions GROUP BY 1`,
    );
    const student = '11391';
    await expectRows(
      { metric: 'learning.marks', kind: 'series', grain: 'month', fill: 'none', measures: ['submissions', 'mean_score'], subject: student },
      `SELECT strftime(date_trunc('month', day), '%Y-%m-%d 00:00'), count(*)::INT, ${MEAN} FROM submissions
       WHERE learner = '${student}' GROUP BY 1`,
    );
  });

  test('spread as they do: deviation, bins and quantiles within one percent', async () => {
    const ask = {
      metric,
      ...ALL_TIME,
      kind: 'summary',
      measures: ['spread.stddev', 'marks', 'score.p10', 'score.p50', 'score.p90'],
    } as const;
    const [[stddev, marks, ...quantiles] = []] = pack.ask({ ...ask, measures: [...ask.measures] });
    const [[sample, ...rest] = []] = await oracle.rows(
      `SELECT stddev_samp(score::DOUBLE), ${[0.1, 0.5, 0.9].map((q) => `quantile_cont(score::DOUBLE, ${q})`).join(', ')},
        count(*) FILTER (score < 40)::INT, count(*) FILTER (score >= 40 AND score < 55)::INT, count(*) FILTER (score >= 55 AND score < 70)::INT,
        count(*) FILTER (score >= 70 AND score < 85)::INT, count(*) FILTER (score >= 85)::INT FROM submissions`,
    );
    expect(stddev).toBeCloseTo(Number(sample), 9);
    for (const [at, found] of quantiles.entries()) expect(Math.abs(Number(found) / Number(rest[at]) - 1)).toBeLessThanOrEqual(0.01);
    expect((marks as readonly { readonly count: number }[]).map(({ count }) => count)).toEqual(rest.slice(3));
  });

  test('come from as many students, exactly to 1,024 in a course and within 2.5 % beyond', async () => {
    const rows = pack.ask({ metric, ...ALL_TIME, kind: 'table', group_by: ['course_id'], measures: ['learners'] });
    const found = new Map(rows.map(([course, learners]) => [course, Number(learners)]));
    const expected = await oracle.rows('SELECT course, count(DISTINCT learner)::INT FROM submissions GROUP BY 1');
    expect(found.size).toBe(expected.length);
    for (const [course = null, learners] of expected) {
      const tolerance = Number(learners) <= 1_024 ? 0 : 0.025 * Number(learners);
      expect(Math.abs((found.get(course) ?? 0) - Number(learners))).toBeLessThanOrEqual(tolerance);
    }
  });
});

describe('the synthetic samples, added up by hand', () => {
  const pack = runPack('studyin');
  const NOVEMBER = { kind: 'summary', from: '2026-11-01', to: '2026-12-01' } as const;
  const ask = (metric: string, measures: string[], more: Partial<QuestionInput> = {}) =>
    comparable(pack.ask({ ...NOVEMBER, metric, measures, ...more }));

  beforeAll(() => {
    for (const file of ['learning', 'coach', 'system']) {
      const lines = readFileSync(packFile('studyin', `samples/${file}.ndjson`), 'utf8')
        .trim()
        .split('\n');
      expect(pack.send(lines)).toEqual(lines.map(() => null));
    }
  });

  test.each<[string, string[], string]>([
    ['learning.starts', ['sessions', 'learners'], '3 | 2'],
    // 1530 s and 600 s.
    ['learning.sessions', ['sessions', 'seconds', 'mean_seconds', 'longest_seconds', 'xp_told'], '2 | 2130 | 1065 | 1530 | 70'],
    ['learning.material_views', ['views', 'materials', 'learners', 'seconds'], '2 | 1 | 2 | 540'],
    ['learning.material_completions', ['completions', 'materials', 'learners', 'mean_score'], '1 | 1 | 1 | 87.5'],
    ['learning.materials', ['events', 'materials'], '3 | 2'],
    // 40 + 25 - 5.
    ['learning.xp', ['awards', 'xp'], '3 | 60'],
    ['learning.levels', ['reached', 'learners', 'latest'], '1 | 1 | 2'],
    ['learning.achievements', ['unlocks', 'achievements', 'learners'], '1 | 1 | 1'],
    ['learning.streaks', ['updates', 'latest', 'longest'], '1 | 1 | 1'],
    // (1800 + 1200 + 900) / 3 and 220 + 140 + 60.
    ['learning.coach', ['messages', 'conversations', 'mean_response', 'tokens'], '4 | 2 | 1300 | 420'],
    ['learning.coach_ratings', ['ratings', 'mean_rating', 'conversations'], '2 | 3.5 | 2'],
    // All but the 6 of the application itself: 15, 6 and 3.
    ['learning.active', ['events', 'learners'], '24 | 2'],
    // 3 starts, 2 views, 1 completion, 3 awards.
    ['learning.presence', ['events'], '9'],
    ['learning.marks', ['submissions', 'mean_score', 'best_score', 'latest_score'], '1 | 71 | 71 | 71'],
    // (12.5 + 3.5 + 250 + 34) / 4.
    ['system.requests', ['requests', 'bytes', 'mean_ms', 'slowest_ms'], '4 | 5120 | 75 | 250'],
    ['system.errors', ['errors'], '2'],
    ['experiment.exposures', ['exposures', 'people'], '2 | 2'],
    ['experiment.goals', ['goals', 'people', 'value'], '1 | 1 | 1.5'],
  ])('%s: %j', (metric, measures, expected) => {
    expect(ask(metric, measures)).toEqual([expected]);
  });

  test('one learner has what is that learner’s', () => {
    const subject = 'learner-7';
    expect(ask('learning.starts', ['sessions'], { subject })).toEqual(['2']);
    expect(ask('learning.xp', ['xp'], { subject, kind: 'series', grain: 'day', fill: 'none' })).toEqual([
      '2026-11-02 00:00 | 65',
      '2026-11-03 00:00 | -5',
    ]);
    expect(ask('learning.coach', ['messages', 'tokens'], { subject })).toEqual(['3 | 360']);
    expect(ask('learning.presence', ['events'], { subject: 'learner-8', kind: 'series', grain: 'quarter_hour', fill: 'none' })).toEqual([
      '2026-11-03 06:30 | 2',
    ]);
  });

  test('a request is told by the class of its status, and one without a status is a request all the same', () => {
    const table = { kind: 'table', group_by: ['method', 'route', 'status_class'] } as const;
    expect(ask('system.requests', ['requests', 'slowest_ms'], { ...table, group_by: [...table.group_by] })).toEqual([
      'GET | /courses/{id} | 200-299 | 1 | 12.5',
      'GET | /courses/{id} | 400-499 | 1 | 3.5',
      'POST | /login | 500+ | 1 | 250',
      'POST | /login | null | 1 | 34',
    ]);
  });
});

describe('a sign-in request is counted without a person, a session and properties (S-33)', () => {
  const pack = runPack('studyin');
  const request = (more: object, data: object = {}): string =>
    JSON.stringify({
      ...{ id: 'r-1', type: 'system.request.completed', occurred_at: '2026-11-03T10:00:00Z', ...more },
      data: { method: 'POST', route: '/auth/sign-in', status_code: 401, duration_ms: 12, authenticated: false, ...data },
    });
  const faultOf = (event: string): unknown => pack.send([event])[0]?.code ?? null;

  test.each([
    ['whose it was', request({ subject: 'learner-7' }), 'subject_refused'],
    ['its session', request({}, { session_id: 's-1' }), 'field_unknown'],
    ['the session beside its properties', request({ session_id: 's-1' }), 'field_unknown'],
    ['the user beside its properties', request({ user_id: 'learner-7' }), 'field_unknown'],
    ['a name among its properties', request({}, { email: 'ada@school.example' }), 'field_unknown'],
    ['what it held', request({}, { properties: { user: 'ada' } }), 'field_unknown'],
  ])('an event that tells %s is refused', (_what, event, code) => {
    expect(faultOf(event)).toBe(code);
  });

  test('one that tells what is declared is counted', () => {
    expect(faultOf(request({}))).toBeNull();
    expect(
      pack.ask({
        metric: 'system.requests',
        kind: 'table',
        group_by: ['method', 'route', 'status_class'],
        from: '2026-11-03',
        to: '2026-11-04',
        measures: ['requests'],
      }),
    ).toEqual([['POST', '/auth/sign-in', '400-499', 1]]);
  });
});
