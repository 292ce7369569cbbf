import type { RedisConnection } from '@tidegate/redis';
import { connectRedis, whenConnected } from '@tidegate/redis';

const CONNECTED_WITHIN_MS = 2_000;

export async function openRedis(url: string): Promise<RedisConnection> {
  const redis = connectRedis({ address: { url }, name: 'tidegate-bench' });
  if (await whenConnected(redis, CONNECTED_WITHIN_MS)) return redis;
  redis.disconnect();
  throw new Error('Redis does not answer');
}

/** User and system time of the server, by its own account: so it is known wherever the server runs. */
export async function redisSeconds(redis: RedisConnection): Promise<number> {
  const told = await redis.info('cpu');
  const of = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(told)?.[1]);
  return of('used_cpu_sys') + of('used_cpu_user');
}
