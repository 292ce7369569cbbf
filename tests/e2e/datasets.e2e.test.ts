import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import { createLive, type Answer, type AnswerValue, type LiveUpdate, type Question } from '@tidegate/sdk';
import { comparable } from '../oracle/comparable.ts';
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
import { answeredFrom } from '../system/changed-pack.ts';
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
  // A recount that begins by itself may come before the one that a test asks for.
  const settings = { RECONCILE_SHARE: '0' };
  system = await startSystem('datasets', { aggregators: 2, packs: ['wikipedia', 'traces', 'healthtrack'], settings });
});

afterAll(async () => {
  await system?.stop();
  oracle?.close();
});

type Cell = AnswerValue;

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

  test('who watches an answer is told what changes in it, row by row', async () => {
    const { gateway, apiKey } = system.tidegate;
    const asked = new URLSearchParams({ metric: 'wiki.edits', kind: 'table', last: '1h', group_by: 'channel', measures: 'edits' });
    const watching = await fetch(`${gateway}/v1/live?${asked.toString()}`, { headers: { 'x-api-key': apiKey } });
    expect([watching.status, watching.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const reader = watching.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const heard = async (part: string): Promise<void> => {
      while (!text.includes(part)) {
        const { value, done } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) throw new Error(`the stream ended without ${part}: ${text}`);
        text += value;
      }
    };
    await heard('event: snapshot');
    // The same through the gateway's tunnel, from a client that is none of ours.
    const socket = new WebSocket(`${gateway.replace('http', 'ws')}/v1/live?${asked.toString()}`, { headers: { 'x-api-key': apiKey } });
    const messages: string[] = [];
    socket.addEventListener('message', ({ data: message }) => messages.push(String(message)));
    await expect.poll(() => messages.length, { timeout: 20_000 }).toBe(1);
    expect(messages[0]).toMatch(/^\{"type":"snapshot","id":"[\w-]+","columns":/);
    // And subscribed to by message, beside one that is refused, with the client of the SDK.
    const live = createLive({ gateway, apiKey });
    const [updates, ends]: [LiveUpdate[], unknown[]] = [[], []];
    const params = { kind: 'table', last: '1h', group_by: ['channel'], measures: ['edits'] };
    live.subscribe('metric/wiki.none', params, { onUpdate: () => undefined, onEnd: (problem) => void ends.push(problem) });
    live.subscribe('metric/wiki.edits', params, { onUpdate: (update) => void updates.push(update) });
    await expect.poll(() => updates.map(({ type }) => type), { timeout: 20_000 }).toEqual(['snapshot']);
    await expect.poll(() => ends, { timeout: 20_000 }).toMatchObject([{ code: 'metric_unknown', status: 422 }]);
    const data = { page: 'Tide', channel: '#live', namespace: 'Main', robot: false, added: 1, deleted: 0, delta: 1 };
    for (const n of [1, 2]) {
      await system.client.send([{ id: `watched-${n}`, type: 'wiki.edit', occurred_at: new Date().toISOString(), data }]);
      await heard(`"rows":[["#live",${n}]],"removed":[]`);
      await expect.poll(() => messages.at(-1), { timeout: 20_000 }).toContain(`"rows":[["#live",${n}]],"removed":[]`);
      await expect.poll(() => updates.at(-1), { timeout: 20_000 }).toMatchObject({ rows: [['#live', n]], removed: [] });
    }
    live.close();
    socket.close();
    await reader?.cancel();
  });

  test('an event type that is defined is taken and counted without a restart, and so is its compatible change', async () => {
    const { gateway, adminKey } = system.tidegate;
    const put = async (method: 'POST' | 'PUT', path: string, body: object): Promise<{ status: number; body: unknown }> => {
      const headers = { 'x-api-key': adminKey, 'content-type': 'application/json' };
      const answer = await fetch(`${gateway}${path}`, { method, headers, body: JSON.stringify(body) });
      return { status: answer.status, body: await answer.json() };
    };
    const fields = { country: { type: 'string', dimension: true } };
    const metrics = { 'shop.sales': { dimensions: ['country'], measures: { sales: { measure: 'count' } } } };
    const send = async (id: string, data: Readonly<Record<string, string>>): Promise<number> => {
      const event = { id, type: 'shop.sale', occurred_at: new Date().toISOString(), data };
      return (await system.client.send([event])).accepted;
    };
    expect(await send('sale-0', { country: 'NO' })).toBe(0);
    const asked = { event_type: 'shop.sale', subject: 'none', fields, metrics };
    expect(await put('POST', '/v1/event-types', asked)).toMatchObject({
      ...{ status: 201, body: { event_type: 'shop.sale', pack: 'custom', changed: true, metrics: { 'shop.sales': 1 } } },
    });
    await expect.poll(async () => send('sale-1', { country: 'NO' }), { timeout: 20_000 }).toBe(1);
    expect(await put('POST', '/v1/event-types', asked)).toMatchObject({ status: 409, body: { code: 'event_type_taken' } });
    expect(await send('sale-2', { country: 'NO', page: 'Tide' })).toBe(0);
    expect((await put('PUT', '/v1/event-types/shop.sale', { subject: 'none', fields: {}, metrics })).status).toBe(422);
    const wider = { ...fields, page: { type: 'string', optional: true, action: 'keep', why: 'for the tests' } };
    expect(await put('PUT', '/v1/event-types/shop.sale', { subject: 'none', fields: wider, metrics })).toMatchObject({ status: 200 });
    await expect.poll(async () => send('sale-3', { country: 'SE', page: 'Tide' }), { timeout: 20_000 }).toBe(1);
    const bySales = { metric: 'shop.sales', kind: 'table', measures: ['sales'], group_by: ['country'], last: '1d' } as const;
    const sales = async (): Promise<string> => JSON.stringify((await system.client.query(bySales)).rows);
    await expect.poll(sales, { timeout: 20_000 }).toBe('[["NO",1],["SE",1]]');
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

interface Recounted {
  readonly recounts: readonly { readonly state: string; readonly request_no: number; readonly drift: number; readonly repaired: number }[];
  readonly drift: readonly { readonly kind: string; readonly found: unknown; readonly repaired_at: string | null }[];
}

describe('Wikipedia edits, recounted', () => {
  const recount = async (): Promise<Recounted> => {
    const path = '/v1/audit/reconcile';
    const body = JSON.stringify({ metric: 'wiki.edits' });
    const headers = { 'content-type': 'application/json' };
    const { request_no: asked } = (await system.admin.call({ method: 'POST', path, body, headers })) as { readonly request_no: number };
    const look = async () => (await system.client.call({ method: 'GET', path: `${path}?metric=wiki.edits` })) as Recounted;
    const isDone = ({ recounts }: Recounted): boolean => recounts.every(({ request_no: done }) => done >= asked);
    return vi.waitUntil(async () => look().then((told) => isDone(told) && told), { timeout: 120_000, interval: 200 });
  };

  test('a cell that was spoiled is found, told and repaired, and then all is clean', { timeout: 300_000 }, async () => {
    const database = new pg.Client({ connectionString: system.tidegate.addresses.databaseUrl });
    await database.connect();
    const OF_EDITS = "SELECT c.ctid FROM cell c JOIN series s USING (series_id) WHERE s.metric = 'wiki.edits' AND c.grain = 2";
    const spoiled = await database.query(
      `UPDATE cell SET state = '\\x00' WHERE ctid = (${OF_EDITS} ORDER BY c.bucket_s, c.series_id LIMIT 1)`,
    );
    await database.end();
    const { recounts, drift } = await recount();
    expect([spoiled.rowCount, recounts]).toMatchObject([1, [{ state: 'drift' }]]);
    expect(recounts[0]?.repaired).toBe(recounts[0]?.drift);
    expect(drift[0]).toMatchObject({ kind: 'unreadable', found: null, repaired_at: expect.any(String) as string });
    expect((await recount()).recounts).toMatchObject([{ state: 'clean', drift: 0 }]);
    await expectAnswer({ ...DAY, kind: 'summary', measures: SUMS }, `SELECT ${SUMS_SQL} FROM edits`);
  });
});

describe('Wikipedia edits, analysed', () => {
  const HOURS = { ...DAY, from: '2015-09-12', to: '2015-09-13', grain: 'hour' };
  const PER_HOUR = `SELECT date_trunc('hour', instant) AS hour, epoch(date_trunc('hour', instant)) / 86400 AS day,
    count(*)::DOUBLE AS edits, sum(added)::DOUBLE AS added, sum(deleted)::DOUBLE AS deleted FROM edits GROUP BY ALL`;

  test('the trend of the hours is the least-squares line through them', async () => {
    const answer = await system.client.analyse({ ...HOURS, kind: 'trend', measure: 'edits' });
    const [expected] = await oracle.rows(`SELECT regr_slope(edits, day), regr_r2(edits, day), count(*)::INT FROM (${PER_HOUR})`);
    const { groups } = answer.meta['analysis'] as { groups: Record<string, number>[] };
    expect(groups[0]).toMatchObject({ n: expected?.[2], direction: Number(expected?.[0]) > 0 ? 'rising' : 'falling' });
    expect(groups[0]?.['slope_per_day']).toBeCloseTo(Number(expected?.[0]), 5);
    expect(groups[0]?.['r2']).toBeCloseTo(Number(expected?.[1]), 8);
    expect(answer.rows.length).toBe(24);
  });

  test('what goes together by the hour is what corr() finds, an hour later too', async () => {
    const inputs = [{ measure: 'edits' }, { measure: 'deleted' }];
    const answer = await system.client.analyse({
      ...HOURS,
      kind: 'correlate',
      output: { measure: 'added' },
      inputs,
      max_lag: 1,
      show: 'all',
    });
    const lagged = `SELECT added, edits, deleted, lag(edits) OVER w AS edits_before, lag(deleted) OVER w AS deleted_before
      FROM (${PER_HOUR}) WINDOW w AS (ORDER BY hour)`;
    const [expected] = await oracle.rows(
      `SELECT corr(added, edits), corr(added, edits_before), corr(added, deleted), corr(added, deleted_before) FROM (${lagged})`,
    );
    const found = new Map(answer.rows.map((row) => [`${String(row[0])} ${String(row[1])}`, Number(row[3])]));
    for (const [at, name] of ['edits 0', 'edits 1', 'deleted 0', 'deleted 1'].entries()) {
      expect(found.get(name)).toBeCloseTo(Number(expected?.[at]), 9);
    }
  });

  test.each(['Asia/Kathmandu', 'Pacific/Apia'])('the heatmap of %s has each edit at its weekday and hour', async (zone) => {
    const local = `timezone('${zone}', instant)`;
    await expectAnswer(
      { ...DAY, kind: 'heatmap', zone, measures: ['edits', 'added'] },
      `SELECT isodow(${local})::VARCHAR, hour(${local})::VARCHAR, count(*)::VARCHAR, sum(added)::VARCHAR FROM edits GROUP BY 1, 2`,
    );
  });

  test('robots compared with people have the changes that subtracting gives', async () => {
    const [edits, added] = ['edits', 'added'];
    const answer = await system.client.analyse({
      ...{ ...DAY, kind: 'compare', measures: [edits, added], where: { robot: { eq: true } } },
      against: { where: { robot: { eq: false } } },
    });
    const [sums] = await oracle.rows(`SELECT count(*) FILTER (robot)::INT, count(*) FILTER (NOT robot)::INT,
      (sum(added) FILTER (robot))::INT, (sum(added) FILTER (NOT robot))::INT FROM edits`);
    const [robots, people, byRobots, byPeople] = (sums ?? []).map(Number) as [number, number, number, number];
    expect(answer.rows.map((row) => row.slice(0, 4))).toEqual([
      [edits, robots, people, robots - people],
      [added, byRobots, byPeople, byRobots - byPeople],
    ]);
  });

  test('an analysis of what the metric does not have says which member is wrong', async () => {
    const refused = system.client.analyse({ ...HOURS, kind: 'correlate', output: { measure: 'added' }, inputs: [{ measure: 'stars' }] });
    await expect(refused).rejects.toMatchObject({
      status: 422,
      code: 'measure_unknown',
      message: expect.stringContaining('inputs.0.measure') as string,
    });
  });
});

describe('a pack that changes after its events came', () => {
  const source = parse(readFileSync(new URL('../../packs/wikipedia/pack.yaml', import.meta.url), 'utf8')) as {
    metrics: Record<string, { measures: object }>;
  };
  const edits = source.metrics['wiki.edits'];
  // One metric more, and one with another measure and another set.
  const changed = stringify({
    ...source,
    metrics: {
      'wiki.edits': {
        ...edits,
        sets: [
          ['channel', 'country'],
          ['namespace', 'robot'],
        ],
        measures: { ...edits?.measures, spread: { measure: 'variance', field: 'added' } },
      },
      'wiki.large': {
        events: ['wiki.edit'],
        where: { added: { gte: 100 } },
        dimensions: ['channel', 'robot'],
        measures: { edits: { measure: 'count' }, added: { measure: 'sum', field: 'added' }, pages: { measure: 'distinct', field: 'page' } },
      },
    },
  });
  /** Edits of a channel of their own, within the hours of the file: edit i added i characters. */
  const LIVE = 2_000;
  const liveEdit = (i: number) => ({
    ...{ id: `live-${i}`, type: 'wiki.edit', occurred_at: Date.UTC(2015, 8, 12, i % 24) },
    data: { page: `Page ${i}`, channel: '#live', namespace: 'Main', robot: false, added: i, deleted: 0, delta: i },
  });
  const sendLive = async (from: number, to: number): Promise<void> => {
    const receipts: string[] = [];
    for (let i = from; i < to; i += 100) {
      const report = await system.client.send(Array.from({ length: 100 }, (_, at) => liveEdit(i + at)));
      receipts.push(...report.receipts);
    }
    expect(await system.client.counted(receipts, 60_000)).toBe(true);
  };
  const LIVE_ROWS = `SELECT i AS added, '#live' AS channel, false AS robot FROM range(${LIVE}) AS r(i)`;
  const ALL = `(SELECT added, channel, robot FROM edits UNION ALL ${LIVE_ROWS})`;

  test('answers as if it had been so from the start, with events coming in all the while', async () => {
    await sendLive(0, 500);
    const live = sendLive(500, LIVE);
    await system.admin.applyPack(changed);
    const seen = await answeredFrom(system, 'wiki.edits', 2);
    await answeredFrom(system, 'wiki.large', 1);
    await live;
    expect(seen.length).toBeGreaterThan(0);
    const table: Question = { ...DAY, kind: 'table', group_by: ['channel'], limit: 100 };
    const answer = await expectAnswer(
      { ...table, measures: ['edits', 'added', 'largest'] },
      `SELECT channel, count(*)::VARCHAR, sum(added)::VARCHAR, max(added)::VARCHAR FROM ${ALL} GROUP BY 1`,
    );
    expect(answer.meta['metric_version']).toBe(2);
    expect(answer.meta['history_from']).toBeUndefined();
    await expectAnswer(
      { ...table, metric: 'wiki.large', group_by: ['channel', 'robot'], measures: ['edits', 'added'] },
      `SELECT channel, CAST(robot AS VARCHAR), count(*)::VARCHAR, sum(added)::VARCHAR FROM ${ALL} WHERE added >= 100 GROUP BY 1, 2`,
    );
    const [[spread] = []] = (await system.client.queryAll({ ...DAY, kind: 'summary', measures: ['stddev'] })).rows;
    const [[expected] = []] = await oracle.rows(`SELECT stddev_samp(added) FROM ${ALL}`);
    expect(Math.abs(Number(spread) / Number(expected) - 1)).toBeLessThan(1e-9);
    const whole: Question = { ...DAY, kind: 'summary', measures: ['edits', 'added'] };
    await expectAnswer(whole, `SELECT count(*)::VARCHAR, sum(added)::VARCHAR FROM ${ALL}`);
  });

  test('goes back at once to what it was, with all events that came since', async () => {
    await system.admin.call({ method: 'POST', path: '/v1/admin/packs/wikipedia/rollback' });
    await answeredFrom(system, 'wiki.edits', 1);
    await expectAnswer(
      { ...DAY, kind: 'table', group_by: ['channel'], measures: ['edits', 'added'], limit: 100 },
      `SELECT channel, count(*)::VARCHAR, sum(added)::VARCHAR FROM ${ALL} GROUP BY 1`,
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

  test('two pods are compared by the mean with the test and the effect that their n, mean and deviation give', async () => {
    const found = await oracle.rows(`SELECT pod, count(*)::DOUBLE, avg(duration), stddev_samp(duration) FROM spans
      GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 2`);
    const [[one, n1, m1, s1], [other, n2, m2, s2]] = found as [[string, number, number, number], [string, number, number, number]];
    const answer = await system.client.analyse({
      ...{ ...SPANS, metric: 'trace.profile', kind: 'compare', measures: ['duration.mean'], where: { pod: { eq: one } } },
      against: { where: { pod: { eq: other } } },
    });
    const [v1, v2] = [s1 ** 2 / n1, s2 ** 2 / n2];
    const pooled = Math.sqrt(((n1 - 1) * s1 ** 2 + (n2 - 1) * s2 ** 2) / (n1 + n2 - 2));
    const row = answer.rows[0]?.slice(1).map(Number) ?? [];
    const expected = [m1, m2, m1 - m2, (100 * (m1 - m2)) / m2, n1, n2, (m1 - m2) / pooled, (m1 - m2) / Math.sqrt(v1 + v2)];
    for (const [at, value] of expected.entries()) expect(Math.abs((row[at] ?? 0) / value - 1)).toBeLessThan(1e-8);
    expect(row[8]).toBeCloseTo((v1 + v2) ** 2 / (v1 ** 2 / (n1 - 1) + v2 ** 2 / (n2 - 1)), 4);
  });

  test('the distribution of durations has the bins of the histogram as shares', async () => {
    const answer = await system.client.analyse({ ...SPANS, metric: 'trace.profile', kind: 'distribution', measure: 'sizes' });
    const [total] = await oracle.rows('SELECT count(*)::INT, (count(*) FILTER (duration < 10000))::DOUBLE / count(*) FROM spans');
    expect(answer.rows.reduce((sum, row) => sum + Number(row[2]), 0)).toBe(total?.[0]);
    expect(answer.rows[1]?.[4]).toBeCloseTo(Number(total?.[1]), 12);
    expect(answer.rows.at(-1)?.[4]).toBe(1);
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

  test('the days go on along the line through them, and stand out by the days before', async () => {
    const DAYS = { metric: STEPS.metric, where: STEPS.where, from: '2016-03-12', to: '2016-05-12', grain: 'day', measure: 'sum' };
    const perDay = `SELECT date_trunc('day', timezone('UTC', instant)) AS day, sum(steps)::DOUBLE AS steps FROM steps
      WHERE is_first AND instant >= '2016-03-12 00:00:00+00' AND instant < '2016-05-12 00:00:00+00' GROUP BY 1`;
    const forecast = await system.client.analyse({ ...DAYS, kind: 'forecast', horizon: 1 });
    const placed = `SELECT steps, date_diff('day', TIMESTAMP '2016-03-12', day)::DOUBLE AS x FROM (${perDay})`;
    const [line] = await oracle.rows(`SELECT regr_intercept(steps, x) + regr_slope(steps, x) * count(*), count(*)::INT FROM (${placed})`);
    expect(line?.[1]).toBe(61);
    expect(Number(forecast.rows[0]?.[1]) / Number(line?.[0])).toBeCloseTo(1, 9);
    const anomalies = await system.client.analyse({ ...DAYS, kind: 'anomalies', show: 'all', from: '2016-05-11', window: 28 });
    const [median] = await oracle.rows(
      `SELECT median(steps) FROM (${perDay}) WHERE day >= TIMESTAMP '2016-04-13' AND day < TIMESTAMP '2016-05-11'`,
    );
    expect(anomalies.rows.length).toBe(1);
    expect(anomalies.rows[0]?.[2]).toBe(median?.[0]);
  });

  test('persons go through a funnel, come back by week and move in sessions', async () => {
    const range = { from: '2016-04-01', to: '2016-05-01' };
    const hour = (value: object) => ({ event: 'health.metric.recorded', where: { metric_type: { eq: 'steps' }, value } });
    await oracle.run(`CREATE OR REPLACE TABLE hours AS SELECT person, epoch(instant)::BIGINT AS s, steps FROM steps WHERE is_first`);
    const [from, to] = [`epoch(TIMESTAMPTZ '2016-04-01 00:00:00+00')`, `epoch(TIMESTAMPTZ '2016-05-01 00:00:00+00')`];

    // A brisk hour, a brisker one within six hours of it, and between that and the end of the six hours an hour without a step.
    const steps = [hour({ gte: 1_000 }), hour({ gte: 2_000 }), hour({ eq: 0 })];
    const funnel = await system.client.analyse({ kind: 'funnel', ...range, steps, window_s: 21_600 });
    const chains = `SELECT a.person, b.s - a.s AS second, c.s - a.s AS third FROM hours a
      LEFT JOIN hours b ON b.person = a.person AND b.steps >= 2000 AND b.s > a.s AND b.s <= a.s + 21600
      LEFT JOIN hours c ON c.person = a.person AND c.steps = 0 AND c.s > b.s AND c.s <= a.s + 21600
      WHERE a.steps >= 1000 AND a.s >= ${from} AND a.s < ${to}`;
    const [reached] = await oracle.rows(
      `SELECT count(*)::INT, count(second)::INT, median(second)::DOUBLE, count(third)::INT, median(third)::DOUBLE
       FROM (SELECT person, min(second) AS second, min(third) AS third FROM (${chains}) GROUP BY person)`,
    );
    expect(funnel.rows.flatMap(([, , users, , , median]) => [users, median])).toEqual([reached?.[0], 0, ...(reached ?? []).slice(1)]);

    const retention = await system.client.analyse({
      ...{ kind: 'retention', ...range, grain: 'week', periods: 3, start: hour({ gte: 3_000 }), return: hour({ gte: 3_000 }) },
    });
    const weeks = `SELECT person, s, date_diff('day', DATE '2016-03-28', timezone('UTC', to_timestamp(s))::DATE) // 7 AS week
      FROM hours WHERE steps >= 3000`;
    const firsts = `SELECT person, min(s) AS s, min(week) AS cohort FROM (${weeks}) WHERE s >= ${from} AND s < ${to} GROUP BY person`;
    const returns = await oracle.rows(
      `SELECT f.cohort::INT, p.period::INT, count(DISTINCT f.person)::INT, count(DISTINCT w.person)::INT
       FROM (${firsts}) f CROSS JOIN (SELECT unnest([0, 1, 2, 3]) AS period) p
       LEFT JOIN (${weeks}) w ON w.person = f.person AND w.s > f.s AND w.week = f.cohort + p.period GROUP BY 1, 2`,
    );
    const weekOf = (cohort: Cell): number => (Date.parse(String(cohort)) - Date.parse('2016-03-28')) / 604_800_000;
    expect(comparable(retention.rows.map(([cohort, ...row]) => [weekOf(cohort ?? null), ...row.slice(0, 3)]))).toEqual(comparable(returns));

    const sessions = await system.client.analyse({ kind: 'sessions', ...range, events: [hour({ gt: 0 })], gap_s: 3_600, grain: 'month' });
    const begun = `SELECT person, s, coalesce(s - lag(s) OVER (PARTITION BY person ORDER BY s) > 3600, true) AS begins
      FROM hours WHERE steps > 0`;
    const [expected] = await oracle.rows(
      `SELECT count(*)::INT, count(DISTINCT person)::INT FROM (${begun}) WHERE begins AND s >= ${from} AND s < ${to}`,
    );
    expect(sessions.rows.map((row) => row.slice(1, 3))).toEqual([expected]);
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
