/** Questions whose chunks are in no cache: all keys of chunks and answers are taken out of Redis before each. */
import type { RedisConnection } from '@tidegate/redis';
import { ascending, quantile } from '../quantile.ts';
import { nowMs } from '../road.ts';
import { ask } from './ask.ts';
import type { QuerySystem } from './system.ts';

const ASKINGS = 100;
const SCAN_COUNT = 1_000;

export interface ColdTimes {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function askCold(system: QuerySystem, redis: RedisConnection, path: string): Promise<ColdTimes> {
  const times: number[] = [];
  while (times.length < ASKINGS) {
    await dropChunks(redis, system.tidegate.redisPrefix);
    const askedMs = nowMs();
    await ask(system, path);
    times.push(nowMs() - askedMs);
  }
  const sorted = ascending(times);
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
}

async function dropChunks(redis: RedisConnection, prefix: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}:{c:*`, 'COUNT', SCAN_COUNT);
    const found = keys.filter((key) => key.includes(':chunk:') || key.includes(':answer:'));
    if (found.length > 0) await redis.unlink(...found);
    cursor = next;
  } while (cursor !== '0');
}
