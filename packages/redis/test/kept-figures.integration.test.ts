import { randomBytes } from 'node:crypto';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRedis, createKeptFigures, whenConnected } from '../src/index.ts';

const client = connectRedis({ address: { url: testServers().redisUrl }, name: 'figures-test', commandTimeoutMs: 5_000 });
const prefix = `figures-test-${randomBytes(6).toString('hex')}`;
const figures = createKeptFigures({ client, prefix });

beforeAll(async () => void (await whenConnected(client, 5_000)));
afterAll(async () => {
  const keys = await client.keys(`${prefix}:*`);
  if (keys.length > 0) await client.unlink(...keys);
  client.disconnect();
});

const HOUR_S = 3_600;
const DAYS_S = 90 * 24 * HOUR_S;
const NOTHING = { hits: 0, misses: 0, errors: 0, writes: 0, changed: 0, evicted: 0 };

it('keeps what became of each class for each hour of 90 days, each batch once, whatever is reset', async () => {
  const nowS = Math.floor(Date.now() / 1_000 / HOUR_S) * HOUR_S;
  const batch = (id: string, hourS: number, hits: number) => ({
    ...{ id, tenant: 'acme', hourS, names: [{ name: 'claim:1', hits, misses: 2 }] },
    classes: [{ ...NOTHING, of: 'marb.claim', hits, misses: 2 }],
  });
  for (const one of [batch('a', nowS, 5), batch('b', nowS, 7), batch('a', nowS, 5), batch('c', nowS - DAYS_S, 9)]) await figures.add(one);
  await figures.reset('acme', null);
  const of = { ...NOTHING, of: 'marb.claim' };
  expect(await figures.hours('acme', nowS - DAYS_S, nowS)).toEqual([
    { ...of, hits: 9, misses: 2, hourS: nowS - DAYS_S },
    { ...of, hits: 12, misses: 4, hourS: nowS },
  ]);
  expect(await figures.hours('acme', nowS - DAYS_S + HOUR_S, nowS - HOUR_S)).toEqual([]);
  expect(await figures.hours('other', nowS - DAYS_S, nowS)).toEqual([]);
  const [key = ''] = await client.keys(`${prefix}:*:hour:${nowS}`);
  expect(await client.ttl(key)).toBeGreaterThan(DAYS_S);
});
