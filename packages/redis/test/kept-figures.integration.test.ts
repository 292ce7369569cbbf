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
    ...{ id, tenant: 'acme', hourS, names: [{ ...NOTHING, name: 'claim:1', hits, misses: 2 }] },
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

it('keeps all that became of a name, over batches, until the name is reset or gives way to busier ones', async () => {
  const nowS = Math.floor(Date.now() / 1_000 / HOUR_S) * HOUR_S;
  const add = async (id: string, ...names: (Partial<typeof NOTHING> & { readonly name: string })[]): Promise<void> =>
    figures.add({ id, tenant: 'names', hourS: nowS, classes: [], names: names.map((counts) => ({ ...NOTHING, ...counts })) });
  await add('n-1', { name: 'a', misses: 1, writes: 1 }, { name: 'b', errors: 3 });
  await add('n-2', { name: 'a', hits: 4, misses: 2, writes: 2, changed: 1, evicted: 1 });
  await add('n-2', { name: 'a', hits: 4, misses: 2, writes: 2, changed: 1, evicted: 1 });
  // 1 + 2 of each; a batch that is sent twice is counted once.
  const a = { name: 'a', hits: 4, misses: 3, errors: 0, writes: 3, changed: 1, evicted: 1 };
  expect(await figures.top('names', 10)).toEqual([a, { ...NOTHING, name: 'b', errors: 3 }]);
  expect(await figures.one('names', 'a')).toEqual(a);
  expect(await figures.one('names', 'b')).toEqual({ ...NOTHING, name: 'b', errors: 3 });
  await figures.reset('names', 'b');
  expect(await figures.one('names', 'b')).toEqual({ ...NOTHING, name: 'b' });
  // As many busier ones as are kept: the name that was asked for seldom goes, with all that was counted of it.
  for (let at = 0; at < 100_000; at += 5_000) {
    await add(`n-many-${at}`, ...Array.from({ length: 5_000 }, (_, n) => ({ name: `many:${at + n}`, hits: 8 })));
  }
  expect(await figures.one('names', 'a')).toEqual({ ...NOTHING, name: 'a' });
  expect(await client.hlen(`${prefix}:{c:names}:figures:more`)).toBe(0);
  expect(await client.zcard(`${prefix}:{c:names}:figures:busy`)).toBe(100_000);
  await figures.reset('names', null);
  expect(await figures.top('names', 10)).toEqual([]);
});
