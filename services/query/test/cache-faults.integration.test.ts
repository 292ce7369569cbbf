import { createServer } from 'node:net';
import { createLogger } from '@tidegate/telemetry';
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
};
const QUESTION = { metric: 'wiki.edits', kind: 'table', from: '2024-10-04', to: '2024-10-05', group_by: ['page'] };
const ANSWER = z.object({
  rows: z.array(z.array(z.unknown())),
  meta: z.looseObject({ cache: z.object({ state: z.string() }), after: z.looseObject({ counted: z.boolean() }).optional() }),
});
type Answer = z.output<typeof ANSWER>;
/** Stands where a caller's or a person's value might, and must not be found where it has no business. */
const CANARY = 'canary-81723';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the query service, when Redis is away or holds what cannot be read', () => {
  let world: World;
  let service: RunningQuery;
  let sent = 0;
  let metricsPort = 0;
  const lines: string[] = [];
  const commit = async (page: string, count: number, isAnnounced = true): Promise<void> => {
    sent += count;
    await world.commit({ partition: 0, page, count, isAnnounced });
  };
  const ask = async (on: RunningQuery = service, more: object = {}): Promise<Answer> => {
    const { status, text } = await world.call(on, '/v1/query', { body: { ...QUESTION, ...more } });
    if (status !== 200) throw new Error(`${status} ${text}`);
    return ANSWER.parse(JSON.parse(text));
  };
  const total = ({ rows }: Answer): number => rows.reduce((sum, row) => sum + Number(row[1]), 0);
  const untilServing = async (on: RunningQuery): Promise<unknown> =>
    until(
      async () => (await world.call(on, '/v1/metrics')).status,
      (status) => status === 200,
    );
  const untilCached = async (on: RunningQuery): Promise<Answer> =>
    until(
      async () => ask(on),
      ({ meta }) => meta.cache.state === 'hit',
    );
  /** Of all classes. */
  const counted = async (name: string): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const samples = text.split('\n').filter((line) => line.startsWith(`tidegate_${name}`) || line.startsWith(name));
    return samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };

  beforeAll(async () => {
    world = await createWorld(1);
    await world.sendJson(world.topics.control, 'pack/acme/wiki', {
      version: 1,
      value: { pack: 'wiki', version: 1, source: PACK, metrics: { 'wiki.edits': 1 } },
    });
    metricsPort = await freePort();
    const log = createLogger({ service: 'query', level: 'debug', destination: { write: (line) => void lines.push(line) } });
    // Nothing stays decoded in the process, so every answer is read from Redis.
    service = await world.start({ METRICS_PORT: String(metricsPort), DECODED_CELLS: '1000' }, log);
    await untilServing(service);
  });
  afterAll(async () => world.close());

  test('each look-up moves the counter of hits or of misses', async () => {
    await commit('Oslo', 2);
    await until(
      async () => ask(),
      ({ meta }) => meta.cache.state !== 'bypass',
    );
    const [hits, misses] = [await counted('cache_hits'), await counted('cache_misses')];
    expect(misses).toBeGreaterThan(0);
    await ask();
    expect(await counted('cache_hits')).toBeGreaterThan(hits);
    await world.redis.del(...(await world.keys()).filter((key) => key.includes(':chunk:')));
    await ask();
    expect(await counted('cache_misses')).toBeGreaterThan(misses);
  });

  test('values that cannot be read are misses, counted, told without a word of them, and replaced', async () => {
    await untilCached(service);
    const errors = await counted('cache_errors');
    const told = lines.length;
    for (const key of await world.keys()) {
      if (key.includes(':answer:')) await world.redis.set(key, CANARY);
      if (!key.includes(':chunk:')) continue;
      for (const field of await world.redis.hkeysBuffer(key)) {
        if (field.toString('latin1').startsWith('c')) await world.redis.hset(key, field, CANARY);
      }
      await world.redis.hset(key, '#counter', CANARY);
    }
    const other = await world.start();
    await untilServing(other);
    for (const on of [service, other]) expect(total(await ask(on))).toBe(sent);
    // It takes new cells again, and is read again.
    await commit('Oslo', 1);
    await until(
      async () => ask(),
      (answer) => total(answer) === sent && answer.meta.cache.state !== 'bypass',
    );
    await untilCached(service);
    await world.stop(other);
    expect(await counted('cache_errors')).toBeGreaterThan(errors);
    const dropped = lines.slice(told).filter((line) => line.includes('"cache_value_dropped"'));
    expect(dropped.length).toBeGreaterThan(0);
    expect(lines.join('')).not.toContain(CANARY);
  });

  test('a fault of the connection is counted and told without the question or what was kept', async () => {
    await untilCached(service);
    const [errors, told] = [await counted('cache_errors'), lines.length];
    await world.proxy.cut();
    const answer = await ask(service, { where: { page: { ne: CANARY } } });
    await world.proxy.restore();
    expect([answer.meta.cache.state, total(answer)]).toEqual(['bypass', sent]);
    expect(await counted('cache_errors')).toBeGreaterThan(errors);
    const bypassed = lines.slice(told).filter((line) => line.includes('"cache_bypassed"'));
    expect(bypassed.map((line) => z.looseObject({ level: z.string() }).parse(JSON.parse(line)).level)).toContain('warn');
    expect(lines.join('')).not.toContain(CANARY);
    await untilCached(service);
  });

  test('receipts are answered while Redis is away: counted, pending, and waited for', async () => {
    await world.proxy.cut();
    const state = async (receipt: string, waitMs: number): Promise<unknown> =>
      JSON.parse((await world.call(service, `/v1/receipts/${receipt}?wait_ms=${waitMs}`)).text);
    await commit('Bergen', 3);
    expect(await state(world.receipt(0, 0), 0)).toMatchObject({ counted: true, pending_events: 0 });
    const next = world.receipt(0, 4);
    expect(await state(next, 0)).toMatchObject({ counted: false, pending_events: 4 });
    const waiting = ask(service, { after: next, wait_ms: 10_000 });
    await commit('Bergen', 4);
    const answer = await waiting;
    expect([answer.meta.after?.counted, total(answer)]).toEqual([true, sent]);
    await world.proxy.restore();
    await until(
      async () => ask(),
      ({ meta, rows }) => meta.cache.state !== 'bypass' && total({ meta, rows }) === sent,
    );
  });

  test('a service that is started while Redis is away serves, and uses Redis once it is there', async () => {
    await world.proxy.cut();
    const late = await world.start();
    await untilServing(late);
    await commit('Late', 5);
    expect(await ask(late)).toMatchObject({ meta: { cache: { state: 'bypass' } } });
    expect(total(await ask(late))).toBe(sent);
    expect((await world.call(late, `/v1/receipts/${world.receipt(0, 0)}`)).status).toBe(200);
    await world.proxy.restore();
    // Until the announcements of the meantime are materialised the chunks hold less, and the answer claims less.
    await until(
      async () => ask(late),
      (answer) => total(answer) === sent && answer.meta.cache.state === 'hit',
    );
    await commit('Late', 1);
    await until(
      async () => ask(late),
      (answer) => total(answer) === sent && answer.meta.cache.state !== 'bypass',
    );
    await world.stop(late);
  });

  test('where the cache is off every answer is made from Postgres, with the same rows, and none is kept', async () => {
    const cacheless = await world.start({ ENABLE_REDIS_CACHE: 'False' });
    await untilServing(cacheless);
    await untilCached(service);
    await world.forgetRedis();
    for (const turn of [1, 2]) {
      const answer = await ask(cacheless);
      expect([turn, answer.meta.cache.state, total(answer)]).toEqual([turn, 'bypass', sent]);
    }
    expect((await world.keys()).filter((key) => key.includes(':chunk:'))).toEqual([]);
    await world.stop(cacheless);
  });

  test('no question and no receipt reads a raw row, from chunks or from Postgres', async () => {
    const impatient = await world.start({ STATEMENT_TIMEOUT_MS: '2000' });
    await untilServing(impatient);
    // Whoever looked into the table would wait, and be ended after two seconds with a 503.
    const release = await world.lock('raw_event');
    const shapes = [
      { ...QUESTION, from: '2024-10-03' },
      { ...QUESTION, from: '2014-10-03' },
      { ...QUESTION, kind: 'series', grain: 'hour', fill: 'zero' },
      { ...QUESTION, kind: 'summary', group_by: [] },
      { ...QUESTION, group_by: ['subject'] },
      { ...QUESTION, group_by: [], subject: 'user-1' },
      { ...QUESTION, where: { page: { prefix: 'O' } }, after: world.receipt(0, 0) },
    ];
    const statuses = [];
    for (const body of shapes) statuses.push((await world.call(impatient, '/v1/query', { body })).status);
    statuses.push((await world.call(impatient, `/v1/receipts/${world.receipt(0, 0)}`)).status);
    await release();
    expect(statuses).toEqual(Array.from({ length: shapes.length + 1 }, () => 200));
    await world.stop(impatient);
  });
});
