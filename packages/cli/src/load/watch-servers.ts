import { setTimeout as delay } from 'node:timers/promises';
import { createLoadWatch, type RedisReading, type WatchedFigures } from './watched.ts';

export interface ServersToWatch {
  /** Pages of metrics. */
  readonly metrics: readonly string[];
  readonly redis?: string;
}

const EVERY_MS = 1_000;
const ANSWERED_WITHIN_MS = 5_000;

/** Does the work while the servers are looked at: before it, each second, and after it. */
export async function watchServers<T>(
  { metrics, redis }: ServersToWatch,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly watched: WatchedFigures }> {
  const connection = redis === undefined ? null : await openRedis(redis);
  const watch = createLoadWatch({
    urls: metrics,
    readPage,
    readRedis: connection?.read ?? null,
    nowMs: () => performance.now(),
  });
  const over = new AbortController();
  try {
    await watch.look();
    const looking = lookAgain(watch.look, over.signal);
    const result = await work().finally(() => over.abort());
    await looking;
    await watch.look();
    return { result, watched: watch.figures() };
  } finally {
    over.abort();
    connection?.close();
  }
}

async function lookAgain(look: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await look();
  }
}

async function readPage(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWERED_WITHIN_MS) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.text();
}

/** The driver is loaded where Redis is watched, so that all else starts at once. */
async function openRedis(url: string): Promise<{ readonly read: () => Promise<RedisReading>; readonly close: () => void }> {
  const { connectRedis, whenConnected } = await import('@tidegate/redis');
  const redis = connectRedis({ address: { url }, name: 'tidegate-loadtest', commandTimeoutMs: ANSWERED_WITHIN_MS });
  await whenConnected(redis, ANSWERED_WITHIN_MS);
  return { read: async () => readRedisInfo(await redis.info()), close: () => redis.disconnect() };
}

/** Of Redis' own page about itself. */
export function readRedisInfo(text: string): RedisReading {
  const of = (name: string): number => {
    const value = Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)?.[1]);
    if (!Number.isFinite(value)) throw new Error(`Redis does not tell ${name}`);
    return value;
  };
  return { memoryBytes: of('used_memory'), cpuSeconds: of('used_cpu_sys') + of('used_cpu_user') };
}
