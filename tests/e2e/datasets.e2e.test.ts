import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, AnswerValue, Question } from '@tidegate/sdk';
import { openOracle, ORACLE_ZONES, type Oracle, type OracleValue } from '../oracle/oracle.ts';
import {
  createEdits,
  createSpans,
  createSteps,
  dataFile,
  FITBIT_FOLDERS,
  localBucket,
  TRACES_FILE,
  WIKIPEDIA_FILE,
} from '../oracle/tables.ts';
import { replay } from '../system/replay.ts';
import { startSystem, type RunningSystem } from '../system/running-system.ts';

// Real files through the public API into real Kafka, Postgres and Redis; every expected value is DuckDB's over the same file.
let system: RunningSystem;
let oracle: Oracle;

beforeAll(async () => {
  oracle = await openOracle();
  await createEdits(oracle);
  await createSpans(oracle);
  await createSteps(oracle);
  system = await startSystem('datasets', { aggregators: 2 });
});

afterAll(async () => {
  await system?.stop();
  oracle?.close();
});

type Cell = AnswerValue;

/** Rows as comparable text, order left out: numbers as plain decimals, instants as local wall time of the asked zone. */
function comparable(rows: readonly (readonly Cell[])[]): readonly string[] {
  return rows.map((row) => row.map(toText).join(' | ')).toSorted();
}

function toText(value: Cell): string {
  if (typeof value === 'string') {
    const moment = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/.exec(value);
    return moment === null ? value : `${moment[1]} ${moment[2]}`;
  }
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

async function expectAnswer(question: Question, sql: string): Promise<Answer> {
  const answer = await system.client.queryAll(question);
  const expected: readonly (readonly OracleValue[])[] = await oracle.rows(sql);
  expect(expected.length).toBeGreaterThan(0);
  expect(comparable(answer.rows)).toEqual(comparable(expected));
  return answer;
}

/** Within 1 % of the exact sample quantile, between the two samples that surround the rank. */
async function expectQuantiles(question: Question, samples: string): Promise<void> {
  const answer = await system.client.queryAll({ ...question, kind: 'summary', measures: ['p50', 'p95', 'p99'] });
  const [expected] = await oracle.rows(`SELECT ${[0.5, 0.95, 0.99].map((q) => `CAST(quantile_cont(value, ${q}) AS DOUBLE)`).join(', ')}
    FROM (${samples})`);
  const row = answer.rows[0] ?? [];
  for (const [index, exact] of (expected ?? []).entries()) {
    expect(Math.abs(Number(row[index]) - Number(exact)) / Number(exact)).toBeLessThanOrEqual(0.01);
  }
}

const DAY: Pick<Question, 'metric' | 'from' | 'to'> = { metric: 'wiki.edits', from: '2015-09-11', to: '2015-09-14' };
const SUMS = ['edits', 'added', 'deleted', 'delta'] as const;
const SUMS_SQL = 'count(*)::VARCHAR, sum(added)::VARCHAR, sum(deleted)::VARCHAR, sum(delta)::VARCHAR';

describe('Wikipedia edits', () => {
  beforeAll(async () => {
    const report = await replay(system, { pack: 'wikipedia', file: dataFile(WIKIPEDIA_FILE) });
    expect(report).toMatchObject({ accepted: 39_199, rejected: 0 });
  });

  test('all edits are counted with the published sums', async () => {
    const answer = await expectAnswer({ ...DAY, kind: 'summary', measures: SUMS }, `SELECT ${SUMS_SQL} FROM edits`);
    // The sums that the file's description gives.
    expect(answer.rows[0]?.map(Number)).toEqual([39_199, 9_382_966, 393_972, 8_988_994]);
  });

  test.each(['channel', 'namespace', 'country', 'robot'])('each %s has the sums of its edits', async (dimension) => {
    const dims = dimension === 'robot' ? 'CAST(robot AS VARCHAR)' : dimension;
    await expectAnswer(
      { ...DAY, kind: 'table', measures: SUMS, group_by: [dimension], limit: 20 },
      `SELECT ${dims}, ${SUMS_SQL} FROM edits GROUP BY 1`,
    );
  });

  test('a filter counts what it names and nothing else', async () => {
    await expectAnswer(
      {
        ...DAY,
        kind: 'table',
        measures: ['edits', 'added'],
        group_by: ['namespace'],
        where: { robot: { eq: true }, namespace: { ne: 'Main' } },
      },
      `SELECT namespace, count(*)::VARCHAR, sum(added)::VARCHAR FROM edits WHERE robot AND namespace <> 'Main' GROUP BY 1`,
    );
  });

  describe.each(ORACLE_ZONES)('in %s', (zone) => {
    test.each(['hour', 'day', 'week', 'month'] as const)('every %s has its edits, sums, extremes and mean', async (grain) => {
      const question: Question = { ...DAY, from: '2015-09-01', to: '2015-10-01', kind: 'series', grain, zone, fill: 'none' };
      const bucket = localBucket(grain, zone);
      await expectAnswer(
        { ...question, measures: ['edits', 'added', 'deleted', 'delta', 'largest', 'least_delta'] },
        `SELECT ${bucket}, ${SUMS_SQL}, max(added)::VARCHAR, min(delta)::VARCHAR FROM edits GROUP BY 1`,
      );
      const means = await system.client.queryAll({ ...question, measures: ['mean_added'] });
      const exact = await oracle.rows(`SELECT ${bucket}, CAST(avg(added) AS DOUBLE) FROM edits GROUP BY 1 ORDER BY 1`);
      expect(means.rows.map((row) => Number(row[1]))).toEqual(exact.map((row) => expect.closeTo(Number(row[1]), 9)));
    });

    test('the hours of every channel have their edits', async () => {
      await expectAnswer(
        { ...DAY, kind: 'series', grain: 'hour', zone, group_by: ['channel'], measures: ['edits'], limit: 500 },
        `SELECT ${localBucket('hour', zone)}, channel, count(*)::VARCHAR FROM edits GROUP BY 1, 2`,
      );
    });
  });

  test('quantiles of the size of edits are within one percent', async () => {
    // Zeros are exact in the sketch; a relative error has a meaning only above them.
    await expectQuantiles(
      { ...DAY, where: { channel: { eq: '#en.wikipedia' } } },
      `SELECT added AS value FROM edits WHERE channel = '#en.wikipedia'`,
    );
  });
});

const SPANS: Pick<Question, 'metric' | 'from' | 'to'> = { metric: 'trace.spans', from: '2023-01-30', to: '2023-01-31' };

describe('Train Ticket spans', () => {
  beforeAll(async () => {
    const report = await replay(system, { pack: 'traces', file: dataFile(TRACES_FILE) });
    expect(report).toMatchObject({ accepted: 179_170, rejected: 0 });
  });

  test('a span that stands in two files is counted once', async () => {
    const answer = await expectAnswer(
      { ...SPANS, kind: 'summary', measures: ['spans', 'total', 'shortest', 'longest'] },
      'SELECT count(*)::VARCHAR, sum(duration)::VARCHAR, min(duration)::VARCHAR, max(duration)::VARCHAR FROM spans',
    );
    expect(answer.rows[0]?.slice(0, 2).map(Number)).toEqual([178_156, 11_323_290_349]);
  });

  test('durations of all spans and of the roots are within one percent of the exact quantiles', async () => {
    await expectQuantiles(SPANS, 'SELECT duration AS value FROM spans');
    await expectQuantiles({ ...SPANS, where: { is_root: { eq: true } } }, 'SELECT duration AS value FROM spans WHERE is_root');
  });

  test('each pod and each operation has its spans', async () => {
    for (const dimension of ['pod', 'operation']) {
      await expectAnswer(
        { ...SPANS, kind: 'table', measures: ['spans', 'total'], group_by: [dimension], limit: 100 },
        `SELECT ${dimension}, count(*)::VARCHAR, sum(duration)::VARCHAR FROM spans GROUP BY 1`,
      );
    }
  });

  test.each(ORACLE_ZONES)('the hours of %s have their root spans', async (zone) => {
    await expectAnswer(
      {
        ...SPANS,
        from: '2023-01-29',
        to: '2023-02-01',
        kind: 'series',
        grain: 'hour',
        zone,
        measures: ['spans', 'total'],
        where: { is_root: { eq: true } },
      },
      `SELECT ${localBucket('hour', zone)}, count(*)::VARCHAR, sum(duration)::VARCHAR FROM spans WHERE is_root GROUP BY 1`,
    );
  });
});

describe('Train Ticket profiles, with every measure beside sums and quantiles', () => {
  const PROFILE: Question = { ...SPANS, metric: 'trace.profile', kind: 'table', group_by: ['pod'], limit: 100 };
  const stamp = "{'ms': epoch_ms(instant), 'id': span}";

  test('the first operation and the last duration of each pod are those by time and id', async () => {
    await expectAnswer(
      { ...PROFILE, measures: ['first_operation', 'last_duration'] },
      `SELECT pod, arg_min(operation, ${stamp}), arg_max(duration, ${stamp})::VARCHAR FROM spans GROUP BY 1`,
    );
  });

  test('traces are counted exactly to 1,024 a pod, within 2.5 % beyond, and the answer says so', async () => {
    const answer = await system.client.queryAll({ ...PROFILE, measures: ['traces'], order: 'pod' });
    const expected = await oracle.rows('SELECT pod, count(DISTINCT trace)::INT FROM spans GROUP BY 1 ORDER BY 1');
    expect(answer.rows.map(([pod]) => pod)).toEqual(expected.map(([pod]) => pod));
    for (const [at, row] of expected.entries()) {
      const truth = Number(row[1]);
      const error = Math.abs(Number(answer.rows[at]?.[1]) - truth);
      expect(error).toBeLessThanOrEqual(truth <= 1_024 ? 0 : truth * 0.025);
    }
    expect(answer.meta['approximate']).toEqual({ traces: 'exact up to 1024, then standard error <= 0.0082' });
  });

  test('the ten most frequent operations are listed with their counts: there are fewer operations than counters', async () => {
    const answer = await system.client.queryAll({ ...PROFILE, kind: 'summary', group_by: [], measures: ['operations'] });
    const expected = await oracle.rows('SELECT operation, count(*)::INT FROM spans GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10');
    expect(answer.rows).toEqual([[expected.map(([value, count]) => ({ value, count, error: 0 }))]]);
  });

  test('the standard deviation of each pod is that of the sample', async () => {
    const answer = await system.client.queryAll({ ...PROFILE, measures: ['stddev'], order: 'pod' });
    const expected = await oracle.rows('SELECT pod, stddev_samp(duration) FROM spans GROUP BY 1 ORDER BY 1');
    expect(answer.columns.at(-1)).toEqual({ name: 'stddev', type: 'number', unit: 'us' });
    expect(answer.rows.length).toBe(expected.length);
    for (const [at, [pod, deviation]] of expected.entries()) {
      expect(answer.rows[at]?.[0]).toBe(pod);
      expect(Math.abs(Number(answer.rows[at]?.[1]) / Number(deviation) - 1)).toBeLessThan(1e-9);
    }
  });

  test('the histogram of durations counts every span in its bin', async () => {
    const answer = await system.client.queryAll({ ...PROFILE, kind: 'summary', group_by: [], measures: ['sizes'] });
    const bounds = [null, 1_000, 10_000, 100_000, 1_000_000, null];
    const bins = bounds.slice(1).map((to, at) => ({ from: bounds[at] ?? null, to: to ?? null }));
    const counts = bins.map(({ from, to }) => `count(*) FILTER (duration >= ${from ?? 0} AND duration < ${to ?? 1e15})::INT`);
    const [expected] = await oracle.rows(`SELECT ${counts.join(', ')} FROM spans`);
    expect(answer.rows).toEqual([[bins.map((bin, at) => ({ ...bin, count: expected?.[at] }))]]);
  });
});

const STEPS: Pick<Question, 'metric' | 'from' | 'to' | 'where'> = {
  metric: 'health_metric',
  from: '2016-03-01',
  to: '2016-06-01',
  where: { metric_type: { eq: 'steps' } },
};

describe('Fitbit steps', () => {
  const hourlySteps = (folder: string): string => dataFile(`fitbit/${folder}/hourlySteps_merged.csv.gz`);

  beforeAll(async () => {
    // One source for both: an hour that stands in both exports is the same event, the earlier export wins.
    for (const folder of FITBIT_FOLDERS) await replay(system, { pack: 'healthtrack', file: hourlySteps(folder), source: 'fitbit' });
  });

  test('an hour that stands in two exports of one source is counted once', async () => {
    const answer = await expectAnswer(
      { ...STEPS, kind: 'summary', measures: ['count', 'sum'] },
      'SELECT count(*)::VARCHAR, sum(steps)::VARCHAR FROM steps WHERE is_first',
    );
    expect(answer.rows[0]?.map(Number)).toEqual([46_008, 13_934_512]);
  });

  test.each(ORACLE_ZONES)('the days of %s have their steps', async (zone) => {
    await expectAnswer(
      { ...STEPS, kind: 'series', grain: 'day', zone, measures: ['count', 'sum', 'max'] },
      `SELECT ${localBucket('day', zone)}, count(*)::VARCHAR, sum(steps)::VARCHAR, max(steps)::VARCHAR FROM steps WHERE is_first GROUP BY 1`,
    );
  });

  test('every person has the steps of every day', async () => {
    const people = (await oracle.rows('SELECT DISTINCT person FROM steps ORDER BY 1')).map((row) => String(row[0]));
    expect(people.length).toBe(35);
    for (const person of people) {
      await expectAnswer(
        { ...STEPS, kind: 'series', grain: 'day', measures: ['sum'], subject: person },
        `SELECT ${localBucket('day', 'UTC')}, sum(steps)::VARCHAR FROM steps WHERE is_first AND person = '${person}' GROUP BY 1`,
      );
    }
  });
});

describe('Fitbit steps, each export with a source of its own', () => {
  test('the same hours from two sources count twice', async () => {
    const other = await startSystem('sources', { packs: ['healthtrack'] });
    try {
      const totals: (readonly number[])[] = [];
      for (const folder of FITBIT_FOLDERS) {
        const file = dataFile(`fitbit/${folder}/hourlySteps_merged.csv.gz`);
        await replay(other, { pack: 'healthtrack', file, source: folder });
        const answer = await other.client.query({ ...STEPS, kind: 'summary', measures: ['count', 'sum'] });
        totals.push((answer.rows[0] ?? []).map(Number));
      }
      // 24,084 / 6,893,291 of the first export, and 22,099 / 7,075,356 more with the second.
      expect(totals).toEqual([
        [24_084, 6_893_291],
        [24_084 + 22_099, 6_893_291 + 7_075_356],
      ]);
    } finally {
      await other.stop();
    }
  });
});
