import { createHmac } from 'node:crypto';
import { deriveKey } from '@tidegate/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { RunningQuery } from '../src/app.ts';
import { createWorld, until } from './world.ts';
import type { World } from './world.ts';

const PACK = {
  pack: 'wiki',
  title: 'Wikipedia edits',
  events: { 'wiki.edit': { subject: 'optional', fields: { page: { type: 'string', dimension: true } } } },
  metrics: {
    'wiki.edits': { events: ['wiki.edit'], dimensions: ['page'], sets: [['page'], ['subject']], measures: { edits: { measure: 'count' } } },
  },
  views: {
    busiest: {
      params: { top: { type: 'integer', min: 1, default: 1 } },
      queries: {
        pages: {
          metric: 'wiki.edits',
          kind: 'table',
          group_by: ['page'],
          measures: ['edits'],
          from: '2024-10-04',
          to: '2024-10-05',
          order: '-edits',
        },
      },
      answer: { edits: '${sum(pages.map(p, p.edits))}', pages: '${take(pages, params.top).map(p, p.page)}' },
    },
  },
};
const ANSWER = z.object({
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
  next_cursor: z.string().nullable(),
  meta: z.looseObject({
    complete_through: z.string().nullable(),
    status: z.string(),
    cache: z.object({ state: z.string() }),
    after: z.object({ counted: z.boolean(), pending_events: z.number() }).optional(),
  }),
});
type Answer = z.output<typeof ANSWER>;

const QUESTION = { metric: 'wiki.edits', kind: 'table', from: '2024-10-04', to: '2024-10-05', group_by: ['page'], order: 'page' };

describe('query service', () => {
  let world: World;
  let service: RunningQuery;
  const ask = async (more: object = {}, on: RunningQuery = service): Promise<Answer> => {
    const { status, text } = await world.call(on, '/v1/query', { body: { ...QUESTION, ...more } });
    if (status !== 200) throw new Error(`${status} ${text}`);
    return ANSWER.parse(JSON.parse(text));
  };
  const untilReady = async (on: RunningQuery): Promise<unknown> =>
    until(
      async () => (await world.call(on, '/v1/metrics')).status,
      (status) => status === 200,
    );
  const total = ({ rows }: Answer): number => rows.reduce((sum, row) => sum + Number(row[1]), 0);
  const untilCached = async (on: RunningQuery = service): Promise<Answer> =>
    until(
      async () => ask({}, on),
      ({ meta }) => meta.cache.state !== 'bypass',
    );
  let sent = 0;
  const commit = async (partition: number, page: string, count: number, isAnnounced = true): Promise<void> => {
    sent += count;
    await world.commit({ partition, page, count, isAnnounced });
  };

  beforeAll(async () => {
    world = await createWorld(2);
    await world.sendJson(world.topics.control, 'pack/acme/wiki', {
      version: 1,
      value: { pack: 'wiki', version: 1, source: PACK, metrics: { 'wiki.edits': 1 } },
    });
    service = await world.start();
    await untilReady(service);
  });
  afterAll(async () => world.close());

  test('what is committed and announced is in the next answers, whether from Postgres, a new chunk or one kept up', async () => {
    await commit(0, 'Oslo', 2);
    const first = await untilCached();
    expect(first.rows).toEqual([['Oslo', 2]]);
    await commit(1, 'Oslo', 3);
    await commit(0, 'Bergen', 4);
    const next = await until(ask, (answer) => total(answer) === 9);
    expect(next.rows).toEqual([
      ['Bergen', 4],
      ['Oslo', 5],
    ]);
    expect(['miss', 'hit']).toContain(next.meta.cache.state);
    // The answer is kept in the background: until it is, the next one is made anew.
    await until(ask, ({ meta }) => meta.cache.state === 'hit');
  });

  test('a view of the pack is shaped of the same rows, and says what they claim', async () => {
    const { rows } = await ask();
    const top = rows.toSorted((a, b) => Number(b[1]) - Number(a[1]))[0]?.[0];
    const { status, text } = await world.call(service, '/v1/views/wiki/busiest?top=1');
    const meta = { status: expect.any(String), complete_through: expect.any(String) };
    expect([status, JSON.parse(text)]).toMatchObject([200, { edits: sent, pages: [top], meta }]);
  });

  test('an answer that presents a receipt holds its events or says that it does not', async () => {
    const receipt = world.receipt(0, 5);
    const early = await ask({ after: receipt, wait_ms: 0 });
    expect(early.meta.after).toEqual({ counted: false, pending_events: 5 });
    const waiting = ask({ after: receipt, wait_ms: 10_000 });
    await commit(0, 'Oslo', 5);
    const answer = await waiting;
    expect([answer.meta.after, total(answer)]).toEqual([{ counted: true, pending_events: 0 }, sent]);
    const state = await world.call(service, `/v1/receipts/${receipt}?wait_ms=10000`);
    expect(JSON.parse(state.text)).toMatchObject({ counted: true, pending_events: 0, rejected_events: 0 });
    expect((await world.call(service, `/v1/receipts/${world.receipt(0, 0, 'other')}`)).status).toBe(404);
    expect((await world.call(service, '/v1/receipts/tgr1.AAAA')).status).toBe(404);
  });

  test('a receipt says how many of its events became rejected rows after they were accepted', async () => {
    const receipt = world.receipt(1, 3);
    await world.reject({ partition: 1, more: 1 });
    await commit(1, 'Oslo', 3);
    const stateOf = async (text: string): Promise<unknown> =>
      JSON.parse((await world.call(service, `/v1/receipts/${text}?wait_ms=10000`)).text);
    expect(await stateOf(receipt)).toMatchObject({ counted: true, pending_events: 0, rejected_events: 1 });
    const next = world.receipt(1, 2);
    await commit(1, 'Oslo', 2);
    expect(await stateOf(next)).toMatchObject({ counted: true, rejected_events: 0 });
  });

  test('a reading that Postgres ends for its time limit is 503, and says what to ask instead', async () => {
    const impatient = await world.start({ STATEMENT_TIMEOUT_MS: '100' });
    await untilReady(impatient);
    const release = await world.lock('cell');
    const { status, headers, text } = await world.call(impatient, '/v1/query', { body: { ...QUESTION, from: '2010-01-01' } });
    await release();
    expect([status, headers.get('retry-after'), z.looseObject({ code: z.string() }).parse(JSON.parse(text)).code]).toEqual([
      503,
      '30',
      'question_too_slow',
    ]);
    await world.stop(impatient);
  });

  test('a receipt that only Postgres has counted is answered from Postgres', async () => {
    const receipt = world.receipt(1, 2);
    await commit(1, 'Bergen', 2, false);
    const answer = await ask({ after: receipt, wait_ms: 500 });
    expect([answer.meta.after?.counted, total(answer), answer.meta.cache.state]).toEqual([true, sent, 'bypass']);
  });

  test('after a hole in the announcements answers are whole again', async () => {
    await commit(1, 'Oslo', 7, false);
    await commit(1, 'Oslo', 1);
    const answer = await until(ask, (seen) => total(seen) === sent);
    expect(answer.rows).toContainEqual(['Bergen', 6]);
    await untilCached();
  });

  test('a Redis that forgot everything costs time, not truth', async () => {
    await commit(0, 'Oslo', 1);
    await world.forgetRedis();
    expect(total(await ask())).toBe(sent);
    await commit(0, 'Oslo', 1);
    const back = await until(ask, ({ meta }) => meta.cache.state !== 'bypass');
    expect(total(back)).toBe(sent);
  });

  test('while Redis is away or silent Postgres answers within the budget, and says so', async () => {
    await world.proxy.cut();
    await commit(0, 'Away', 1);
    const { headers, text } = await world.call(service, '/v1/query', { body: QUESTION });
    expect([headers.get('x-cache'), total(ANSWER.parse(JSON.parse(text)))]).toEqual(['BYPASS', sent]);
    await world.proxy.restore();
    await untilCached();
    world.proxy.stall();
    await commit(0, 'Away', 1);
    const silent = await ask();
    expect([silent.meta.cache.state, total(silent)]).toEqual(['bypass', sent]);
    world.proxy.resume();
    await until(ask, (answer) => answer.meta.cache.state !== 'bypass' && total(answer) === sent);
  });

  test('a second instance and a restarted one answer the same, without a new epoch', async () => {
    const epochOf = async (): Promise<string> => (await world.keys()).filter((key) => key.includes(':chunk:')).join();
    await untilCached();
    const chunks = await epochOf();
    const second = await world.start();
    await untilReady(second);
    const answered = await until(ask, ({ meta }) => meta.cache.state === 'hit');
    // It may be told of the last commit a moment after it is ready; until then it fills by itself.
    const same = await until(
      async () => ask({}, second),
      ({ meta }) => meta.cache.state === 'hit',
    );
    expect(same.rows).toEqual(answered.rows);
    await commit(0, 'Two', 1);
    await until(
      async () => ask({}, second),
      (answer) => total(answer) === sent,
    );
    await world.stop(service);
    await commit(1, 'Two', 1);
    service = await world.start();
    await untilReady(service);
    await until(ask, (answer) => total(answer) === sent && answer.meta.cache.state !== 'bypass');
    expect(await epochOf()).toBe(chunks);
    await world.stop(second);
  });

  test('a person is asked for by the plain id, and neither Redis nor an answer about all holds it', async () => {
    const secret = new TextEncoder().encode('a secret of the tests that is long enough');
    const pseudonym = createHmac('sha256', deriveKey(secret, 'tidegate/pseudonym/acme', 32))
      .update('user-17')
      .digest('hex');
    await world.commit({ partition: 0, page: '', count: 3, subject: pseudonym });
    await world.commit({ partition: 0, page: '', count: 4, subject: 'f'.repeat(64) });
    const named = { group_by: ['subject'], order: '-edits', subject: 'user-17' };
    const answer = await until(
      async () => ask(named),
      ({ rows }) => rows.length > 0,
    );
    expect(answer.rows).toEqual([['user-17', 3]]);
    expect((await ask(named)).rows).toEqual([['user-17', 3]]);
    const all = await until(
      async () => ask({ group_by: ['subject'], order: '-edits' }),
      ({ rows }) => rows.length === 2,
    );
    expect(all.rows).toEqual([
      ['f'.repeat(64), 4],
      [pseudonym, 3],
    ]);
    expect((await world.keys()).join()).not.toContain('user-17');
  });

  test('an answer in an address has one ETag in every instance, from Redis or Postgres, until its rows change', async () => {
    const path = `/v1/query?q=${encodeURIComponent(JSON.stringify({ ...QUESTION, limit: 1 }))}`;
    const get = async (on: RunningQuery, etag?: string) =>
      world.call(on, path, { headers: etag === undefined ? {} : { 'if-none-match': etag } });
    const tagOf = async (on: RunningQuery): Promise<string> => (await get(on)).headers.get('etag') ?? '';
    await untilCached();
    const etag = await tagOf(service);
    const other = await world.start();
    await untilReady(other);
    await untilCached(other);
    const same = await get(other, etag);
    expect([same.status, same.text]).toEqual([304, '']);
    await world.proxy.cut();
    const bypassed = await get(other, etag);
    expect([bypassed.status, bypassed.headers.get('x-cache')]).toEqual([304, 'BYPASS']);
    await world.proxy.restore();
    await world.stop(other);
    await untilCached();
    await commit(0, 'Aaa', 1);
    await until(ask, (answer) => total(answer) === sent);
    const changed = await get(service, etag);
    expect([changed.status, JSON.parse(changed.text)]).toMatchObject([200, { rows: [['Aaa', 1]] }]);
  });

  test('a batch is answered question by question', async () => {
    const body = {
      questions: [QUESTION, { ...QUESTION, metric: 'wiki.none' }, { ...QUESTION, kind: 'summary', group_by: [], order: undefined }],
    };
    const { status, text } = await world.call(service, '/v1/query/batch', { body });
    const { answers } = z.object({ answers: z.array(z.unknown()) }).parse(JSON.parse(text));
    expect([status, answers]).toMatchObject([
      200,
      [{ answer: { rows: (await ask()).rows } }, { status: 422, problem: { code: 'metric_unknown' } }, { answer: { rows: [[sent]] } }],
    ]);
  });

  test('pages follow one another by the cursor, and are found by offset, ranked and not', async () => {
    const all = (await ask()).rows;
    const rows: unknown[] = [];
    for (let cursor: string | null = null; ;) {
      const page: Answer = await ask({ limit: 1, cursor });
      rows.push(...page.rows);
      cursor = page.next_cursor;
      if (cursor === null) break;
    }
    expect(rows).toEqual(all);
    const byOffset = async (rank: boolean) => (await ask({ limit: 1, offset: 1, rank })).rows;
    expect([await byOffset(true), await byOffset(false), await byOffset(true)]).toEqual(
      [0, 1, 0].map((bare) => [[...(bare === 1 ? [] : [2]), ...(all[1] ?? [])]]),
    );
    const { status, text } = await world.call(service, '/v1/query', { body: { ...QUESTION, cursor: 'AAAA' } });
    expect([status, z.looseObject({ code: z.string() }).parse(JSON.parse(text)).code]).toEqual([422, 'cursor_invalid']);
  });

  test('the same rows come as NDJSON where that is accepted', async () => {
    const { headers, text } = await world.call(service, '/v1/query', { body: QUESTION, headers: { accept: 'application/x-ndjson' } });
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(lines.slice(0, -1).map((line) => [line['page'], line['edits']])).toEqual((await ask()).rows);
    expect(Object.keys(lines.at(-1) ?? {})).toEqual(['meta', 'next_cursor']);
  });

  test('a tenant sees nothing of another, and nobody but the gateway is served', async () => {
    const other = await world.call(service, '/v1/query', { body: QUESTION, tenant: 'other' });
    expect([other.status, other.text.includes('metric_unknown')]).toEqual([422, true]);
    expect((await world.call(service, '/v1/packs', { tenant: 'other' })).text).toBe('{"packs":[]}');
    expect((await world.call(service, '/v1/metrics/wiki.edits', { tenant: 'other' })).status).toBe(404);
    expect((await world.call(service, '/v1/metrics', { key: new Uint8Array(32) })).status).toBe(401);
  });

  test('metrics, packs and status say what there is', async () => {
    const metric = z
      .looseObject({ version: z.number(), sets: z.unknown() })
      .parse(JSON.parse((await world.call(service, '/v1/metrics/wiki.edits')).text));
    expect([metric.version, metric.sets]).toEqual([1, [['page'], ['subject']]]);
    expect(JSON.parse((await world.call(service, '/v1/packs/wiki')).text)).toMatchObject({
      pack: 'wiki',
      version: 1,
      metrics: ['wiki.edits'],
    });
    const told = {
      lane: 'live',
      next_offset: '0',
      complete_through_ms: Date.now(),
      term: 1,
      commit_no: '0',
      log_generation: 1,
      oldest_uncounted_ms: null,
    };
    for (const partition of [0, 1]) await world.sendJson(world.topics.progress, `live/${partition}`, { ...told, partition });
    const STATUS = z.looseObject({ partitions: z.array(z.unknown()), complete_through: z.string().nullable() });
    const read = async (): Promise<z.output<typeof STATUS>> => STATUS.parse(JSON.parse((await world.call(service, '/v1/status')).text));
    const status = await until(read, (seen) => seen.partitions.length === 2 && seen.complete_through !== null);
    expect(status).toMatchObject({ durability: 'single', dependencies: { kafka: 'up', postgres: 'up', redis: 'up' } });
  });

  test('its /metrics tell how many statements it asked of Postgres, how long they took, and how much of the pool is in use', async () => {
    const one = await world.start({ DATABASE_CONNECTIONS: '4' });
    const scrape = async (series: string): Promise<number> => {
      const text = await (await fetch(`http://127.0.0.1:${one.metricsPort}/metrics`)).text();
      const lines = text.split('\n').filter((candidate) => candidate.startsWith(`${series}{`) && !candidate.includes('other'));
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    };
    const asked = async (): Promise<number> => scrape('db_query_duration_seconds_count');
    await untilReady(one);
    const unlock = await world.lock('cell');
    // 2024-01-01 … is more days than are cached: Postgres alone can answer, and must wait.
    const waiting = ask({ from: '2024-01-01', to: '2024-12-31' }, one);
    await until(
      async () => scrape('db_connections_active'),
      (active) => active === 1,
    );
    // What the service asks now and then by itself is over in milliseconds; this one waits.
    await until(
      async () => scrape('db_connection_pool_usage'),
      (usage) => usage === 1 / 4,
    );
    const before = await asked();
    await unlock();
    await waiting;
    await until(asked, (count) => count > before);
    await until(
      async () => scrape('db_connection_pool_usage'),
      (usage) => usage === 0,
    );
    expect(await scrape('db_query_duration_seconds_sum')).toBeGreaterThan(0);
    await world.stop(one);
  });
});
