import { randomBytes } from 'node:crypto';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRedis, createKeptFigures, forgetPerson, whenConnected } from '../src/index.ts';

const prefix = `forget-test-${randomBytes(6).toString('hex')}`;
const client = connectRedis({ address: { url: testServers().redisUrl }, name: 'forget-test', commandTimeoutMs: 10_000 });

beforeAll(async () => void (await whenConnected(client, 5_000)));
afterAll(async () => {
  const keys = await client.keys(`${prefix}:*`);
  if (keys.length > 0) await client.unlink(...keys);
  client.disconnect();
});

const COUNTS = { hits: 2, misses: 1, errors: 3, writes: 4, changed: 0, evicted: 0 };

it('names of kept answers about a person go with the person, from every figure, and nobody else’s', async () => {
  const figures = createKeptFigures({ client, prefix });
  const [gone, stays] = ['a'.repeat(64), 'b'.repeat(64)];
  const nameOf = (subject: string): string => `goals:goals:user_id:${subject}`;
  const names = [gone, stays].map((subject) => ({ ...COUNTS, name: nameOf(subject) }));
  await figures.add({ id: 'one', tenant: 'acme', hourS: 0, names, classes: [] });
  const times = { nowMs: 1_000, endMs: 900_000 };
  for (const subject of [gone, stays]) await figures.note('acme', { name: nameOf(subject), key: 'k' }, times);
  expect(await forgetPerson(client, { prefix, tenant: 'acme', subject: gone })).toBe(4);
  expect(await figures.top('acme', 10)).toEqual([{ ...COUNTS, name: nameOf(stays) }]);
  expect(await figures.kept('acme', 2_000, 10)).toEqual([{ name: nameOf(stays), key: 'k' }]);
  expect(await client.hgetall(`${prefix}:{c:acme}:figures:hits`)).toEqual({ [nameOf(stays)]: '2' });
  expect(await client.hgetall(`${prefix}:{c:acme}:figures:more`)).toEqual({ [nameOf(stays)]: '3 4 0 0' });
});
