import { randomBytes } from 'node:crypto';
import type { TcpProxy } from '@tidegate/testkit';
import { createTcpProxy, testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketKey } from '../src/buckets/bucket-key.ts';
import type { Buckets } from '../src/buckets/port.ts';
import { createRedisBuckets } from '../src/buckets/redis-buckets.ts';
import type { RedisConnection } from '../src/connect.ts';
import { connectRedis, whenConnected } from '../src/connect.ts';
import { findDisagreement } from './bucket-histories.ts';
import { bucketsContract, policyOf } from './buckets.contract.ts';

const prefix = `tg-test-${randomBytes(6).toString('hex')}`;
let keys = 0;
const freshKey = (): string => bucketKey(prefix, { tenant: 'acme', limitClass: 'test', subject: String((keys += 1)) });

async function open(): Promise<RedisConnection> {
  const redis = connectRedis({ address: { url: testServers().redisUrl }, name: 'test' });
  if (!(await whenConnected(redis, 5_000))) throw new Error('Redis did not answer');
  return redis;
}

bucketsContract('buckets in Redis', async () => {
  const redis = await open();
  return { buckets: createRedisBuckets({ redis, timeoutMs: 5_000 }), freshKey, close: async () => void (await redis.quit()) };
});

describe('the bucket script', () => {
  let redis: RedisConnection;
  beforeAll(async () => {
    redis = await open();
  });
  afterAll(async () => {
    const left = await redis.keys(`${prefix}:*`);
    if (left.length > 0) await redis.del(...left);
    await redis.quit();
  });

  it('agrees bit for bit with the arithmetic of core in 10,000 histories, through clock jumps, groups, changes of policy, shadows and debts', async () => {
    expect(await findDisagreement(redis, { histories: 10_000, freshKey })).toBeNull();
  }, 60_000);

  it('a denied call leaves every key byte for byte as it was', async () => {
    const buckets = createRedisBuckets({ redis, timeoutMs: 5_000 });
    const policy = policyOf(1, 100_000, 2);
    const [a, b] = [freshKey(), freshKey()];
    await buckets.take([{ key: a, policy, cost: 2 }]);
    await buckets.take([{ key: b, policy, cost: 1 }]);
    const before = await redis.mget(a, b);
    expect(
      await buckets.take([
        { key: b, policy, cost: 1 },
        { key: a, policy, cost: 1 },
      ]),
    ).toMatchObject({ allowed: false });
    expect(await redis.mget(a, b)).toEqual(before);
  });

  it('a bucket expires when it is full again, and a full one is not kept', async () => {
    const buckets = createRedisBuckets({ redis, timeoutMs: 5_000 });
    const policy = policyOf(10, 1, 100);
    const key = freshKey();
    const { levels } = await buckets.take([{ key, policy, cost: 50 }]);
    const ttlMs = await redis.pttl(key);
    expect(levels[0]?.fullAfterUs).toBe(5_000_000); // 50 tokens at 10 a second
    expect(ttlMs).toBeGreaterThan(4_000);
    expect(ttlMs).toBeLessThanOrEqual(5_001);
    await buckets.take([{ key, policy, cost: -50 }]);
    expect(await redis.exists(key)).toBe(0);
  });

  it('admits exactly its capacity to many connections at once, and takes exactly as much from the level they share', async () => {
    const connections = await Promise.all(Array.from({ length: 6 }, open));
    const user = { key: freshKey(), policy: policyOf(1, 100_000, 300), cost: 1 };
    const shared = { key: freshKey(), policy: policyOf(1, 100_000, 1_000), cost: 1 };
    const calls = connections.flatMap((connection) => {
      const buckets = createRedisBuckets({ redis: connection, timeoutMs: 20_000 });
      return Array.from({ length: 200 }, () => buckets.take([user, shared]));
    });
    const admitted = (await Promise.all(calls)).filter(({ allowed }) => allowed).length;
    const { levels } = await createRedisBuckets({ redis, timeoutMs: 5_000 }).take([{ ...shared, cost: 0 }]);
    expect(admitted).toBe(300);
    expect(Math.floor((levels[0]?.units ?? 0) / shared.policy.q)).toBe(700);
    await Promise.all(connections.map((connection) => connection.quit()));
  });

  it.each(['', 'x'.repeat(24), '12345:1800000000000000:30', Buffer.alloc(24, 0xff)])(
    'takes a value that is no state of a bucket (%j) for an absent one, and puts one in its place',
    async (value) => {
      const buckets = createRedisBuckets({ redis, timeoutMs: 5_000 });
      const policy = policyOf(1, 100_000, 2);
      const key = freshKey();
      await redis.set(key, value);
      const taken: unknown[] = [];
      for (let at = 0; at < 3; at += 1) taken.push((await buckets.take([{ key, policy, cost: 1 }])).allowed);
      expect(taken).toEqual([true, true, false]);
    },
  );

  it('is sent anew to a server that has forgotten it', async () => {
    const buckets = createRedisBuckets({ redis, timeoutMs: 5_000 });
    const ask = { key: freshKey(), policy: policyOf(1, 100, 5), cost: 1 };
    await buckets.take([ask]);
    await redis.script('FLUSH');
    expect(await buckets.take([ask])).toMatchObject({ allowed: true });
  });

  it('every key of a tenant lies in one cluster slot, and names nobody', () => {
    const key = bucketKey('tg', { tenant: 'acme', limitClass: 'api_key', subject: 'jane@example.com' });
    expect(key).toMatch(/^tg:\{t:acme\}:b2:api_key:[A-Za-z0-9_-]{22}$/);
  });
});

describe('a connection', () => {
  const ask = { key: freshKey(), policy: policyOf(1, 100, 5), cost: 1 };
  let proxy: TcpProxy;
  let redis: RedisConnection;
  let buckets: Buckets;
  const isServed = (): Promise<boolean> =>
    buckets.take([ask]).then(
      () => true,
      () => false,
    );

  beforeAll(async () => {
    const { hostname, port } = new URL(testServers().redisUrl);
    proxy = await createTcpProxy({ host: hostname, port: Number(port) });
    redis = connectRedis({ address: { host: '127.0.0.1', port: proxy.port }, name: 'test' });
    buckets = createRedisBuckets({ redis });
    if (!(await whenConnected(redis, 5_000))) throw new Error('no connection through the proxy');
  });
  afterAll(async () => {
    redis.disconnect();
    await proxy.close();
  });

  it('to a server that falls silent gives up after its time limit', async () => {
    proxy.stall();
    const startedMs = performance.now();
    await expect(buckets.take([ask])).rejects.toThrow('no answer within 25 ms');
    expect(performance.now() - startedMs).toBeGreaterThan(20);
    proxy.resume();
    await expect.poll(isServed).toBe(true);
  });

  it('to a server that is away fails at once, and works again when the server is back', async () => {
    await proxy.cut();
    await expect.poll(() => redis.status).not.toBe('ready');
    await expect(buckets.take([ask])).rejects.toThrow("isn't writeable");
    await proxy.restore();
    await expect.poll(isServed).toBe(true);
  });
});
