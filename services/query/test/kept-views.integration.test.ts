import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { RunningQuery } from '../src/app.ts';
import { createWorld, until } from './world.ts';
import type { World } from './world.ts';

const QUESTION = { metric: 'wiki.edits', kind: 'summary', from: '2024-10-04', to: '2024-10-05' };
const PACK = {
  pack: 'wiki',
  title: 'Wikipedia edits',
  events: { 'wiki.edit': { subject: 'optional', fields: { page: { type: 'string', dimension: true } } } },
  metrics: {
    'wiki.edits': { events: ['wiki.edit'], dimensions: ['page'], sets: [['page'], ['subject']], measures: { edits: { measure: 'count' } } },
  },
  cache: { totals: { ttl_s: 600, hit_aim_pct: 80 } },
  views: {
    total: { cache: 'totals', cache_key: 'day', queries: { all: QUESTION }, answer: { n: '${first(all).edits}' } },
    person: {
      cache: 'totals',
      cache_key: 'user:{user_id}',
      params: { user_id: { type: 'subject' } },
      queries: { mine: { ...QUESTION, subject: '${params.user_id}' } },
      answer: { n: '${first(mine).edits}' },
    },
  },
};
const STATS = z.object({
  overall: z.looseObject({ hits: z.number(), misses: z.number(), hit_rate: z.number() }),
  by_key: z.record(z.string(), z.unknown()),
});

describe('kept answers of views, over real servers', () => {
  let world: World;
  const services: RunningQuery[] = [];

  beforeAll(async () => {
    world = await createWorld(1);
    const value = { pack: 'wiki', version: 1, source: PACK, metrics: { 'wiki.edits': 1 } };
    for (const tenant of ['acme', 'beta']) await world.sendJson(world.topics.control, `pack/${tenant}/wiki`, { version: 1, value });
    for (let at = 0; at < 2; at += 1) services.push(await world.start());
    for (const service of services) {
      await until(
        async () =>
          (await world.call(service, '/v1/views/wiki/total')).status +
          (await world.call(service, '/v1/packs/wiki', { tenant: 'beta' })).status,
        (both) => both === 400,
      );
    }
  }, 60_000);
  afterAll(async () => world.close());

  const look = async (at: number, path = '/v1/views/wiki/total'): Promise<readonly [string | null, unknown]> => {
    const service = services[at];
    if (service === undefined) throw new Error('no such instance');
    const { status, headers, text } = await world.call(service, path);
    if (status !== 200) throw new Error(`${status} ${text}`);
    return [headers.get('x-cache'), (JSON.parse(text) as { n: unknown }).n];
  };

  test('an answer of one instance is a hit of the other until a commit changes it, and never after', async () => {
    await world.commit({ partition: 0, page: 'a', count: 3 });
    await until(
      async () => look(0),
      ([, n]) => n === 3,
    );
    await until(
      async () => look(1),
      ([word]) => word === 'HIT',
    );
    await world.commit({ partition: 0, page: 'a', count: 4 });
    // From the first answer with the new figure on nobody is given the old one.
    await until(
      async () => look(1),
      ([, n]) => n === 7,
    );
    expect(await Promise.all(Array.from({ length: 20 }, async (_, at) => look(at % 2)))).toEqual(
      Array.from({ length: 20 }, () => [expect.stringMatching(/^HIT|MISS$/), 7]),
    );
  });

  test('each look-up is counted once over all instances, by class and by name, and a reset begins anew', async () => {
    const call = async (at: number, path: string, body?: object): Promise<unknown> => {
      const service = services[at];
      if (service === undefined) throw new Error('no such instance');
      const { text } = await world.call(service, path, { tenant: 'beta', ...(body === undefined ? {} : { body }) });
      return JSON.parse(text) as unknown;
    };
    const stats = async (path = '/v1/cache/stats'): Promise<unknown> => call(0, path);
    const counted = async (): Promise<number> => {
      const { overall } = STATS.parse(await stats());
      return overall.hits + overall.misses;
    };
    for (let at = 0; at < 30; at += 1) await call(at % 2, '/v1/views/wiki/person?user_id=u-1');
    await until(counted, (sum) => sum === 30);
    // The first was made, the others were found: 29 of 30.
    const { overall, by_key } = STATS.parse(await stats());
    expect(overall).toMatchObject({ hits: 29, misses: 1, hit_rate: 96.67 });
    const [named] = Object.entries(by_key);
    expect(named?.[0]).toMatch(/^totals:user:[0-9a-f]{64}$/);
    expect(named?.[1]).toEqual({
      ...{ hits: 29, misses: 1, total: 30, hit_rate: 96.67 },
      ...{ errors: 0, error_rate: 0, writes: 1, invalidations: 0, evictions: 0 },
    });
    expect(await stats('/v1/cache/stats?key=totals:user:u-1')).toMatchObject({ hits: 29, misses: 1 });
    expect(await stats('/v1/cache/stats?key=totals:user:nobody')).toMatchObject({ hits: 0, misses: 0, hit_rate: 0 });
    expect(await call(1, '/v1/cache/stats/reset', { key: 'totals:user:u-1' })).toEqual({ reset: true, key: 'totals:user:u-1' });
    expect(await stats('/v1/cache/stats?key=totals:user:u-1')).toMatchObject({ total: 0 });
    expect(await call(1, '/v1/cache/stats/reset', {})).toEqual({ reset: true, key: null });
    expect([await counted(), STATS.parse(await stats()).by_key]).toEqual([0, {}]);
  });

  test('what lies there is told by pattern, and dropped by pattern', async () => {
    const [service] = services;
    if (service === undefined) throw new Error('no instance');
    await look(0, '/v1/views/wiki/person?user_id=u-1');
    const told = await until(
      async () =>
        JSON.parse((await world.call(service, '/v1/admin/cache/keys?class=wiki.totals')).text) as {
          patterns: { pattern: string; entries: number; bytes: number }[];
        },
      ({ patterns }) => patterns.length === 2,
    );
    const person = told.patterns.find(({ pattern }) => pattern === 'totals:user:{user_id}');
    expect([person?.entries, (person?.bytes ?? 0) > 0]).toEqual([1, true]);
    const dropped = await world.call(service, '/v1/admin/cache/invalidate', { body: { pattern: 'totals:user:*' } });
    expect(JSON.parse(dropped.text)).toEqual({ dropped: 1 });
    expect((await look(1, '/v1/views/wiki/person?user_id=u-1'))[0]).toBe('MISS');
    expect((await look(1))[0]).toBe('HIT');
  });
});
