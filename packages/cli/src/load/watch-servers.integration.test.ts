import { connectRedis, whenConnected } from '@tidegate/redis';
import { expect, it } from 'vitest';
import { readRedisInfo, watchServers } from './watch-servers.ts';

const url = process.env['REDIS_URL'] ?? '';

it('reads memory and processor time of Redis beside the work', async () => {
  const redis = connectRedis({ address: { url }, name: 'tidegate-test' });
  await whenConnected(redis, 5_000);
  const key = `tidegate_test_watch_${process.pid}`;
  try {
    const before = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
    const { result, watched } = await watchServers({ metrics: [], redis: url }, async () => {
      await redis.set(key, 'x'.repeat(8_000_000), 'EX', 60);
      return 'done';
    });
    expect(result).toBe('done');
    // What others free meanwhile on a shared server is less than that.
    expect(watched.redis?.memoryBytesMax).toBeGreaterThan(before - 4_000_000);
    expect(watched.redis?.cpuPct).toBeGreaterThan(0);
    expect(watched.failed).toBe(0);
  } finally {
    await redis.del(key);
    redis.disconnect();
  }
});

it('goes on where Redis is away, and tells that it knows nothing of it', async () => {
  const { result, watched } = await watchServers({ metrics: [], redis: 'redis://127.0.0.1:1' }, async () => 7);
  expect([result, watched.redis]).toEqual([7, null]);
  expect(watched.failed).toBe(watched.readings);
  expect(watched.readings).toBeGreaterThanOrEqual(2);
});

it('refuses a page that lacks a figure', () => {
  expect(readRedisInfo('used_memory:5\r\nused_cpu_sys:1.5\r\nused_cpu_user:2\r\n')).toEqual({ memoryBytes: 5, cpuSeconds: 3.5 });
  expect(() => readRedisInfo('used_memory:5\r\n')).toThrow('used_cpu_sys');
});
