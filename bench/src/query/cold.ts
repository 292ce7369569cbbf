/** Questions whose chunks are in no cache: all keys of chunks and answers are taken out of Redis before each. */
import type { RedisConnection } from '@tidegate/redis';
import { quantile } from '../quantile.ts';
import { runLoad } from '../request-load.ts';
import type { QuerySystem } from './system.ts';

const ASKINGS = 100;
const SCAN_COUNT = 1_000;

export interface ColdTimes {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function askCold(
  system: QuerySystem,
  redis: RedisConnection,
  asked: { readonly path: string; readonly answerBytes: number },
): Promise<ColdTimes> {
  const times: number[] = [];
  while (times.length < ASKINGS) {
    await dropChunks(redis, system.tidegate.redisPrefix);
    times.push(await askOnce(system, asked));
  }
  const sorted = times.toSorted((a, b) => a - b);
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
}

async function askOnce(
  system: QuerySystem,
  { path, answerBytes }: { readonly path: string; readonly answerBytes: number },
): Promise<number> {
  // One connection at a rate of one in ten milliseconds for as long: one request, due at once.
  const load = { port: system.query.port, request: system.request(path), connections: 1, forMs: 10, rate: 100, answerBytes };
  const { latenciesMs } = await runLoad(load);
  return latenciesMs[0] ?? Number.NaN;
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
