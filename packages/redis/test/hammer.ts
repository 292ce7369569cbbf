/** A process of `processes.integration.test.ts`: takes from shared buckets with many calls under way, and tells what it was answered. */
import type { BucketAsk } from '../src/buckets/port.ts';
import { createGroupCommit } from '../src/buckets/group-commit.ts';
import { createRedisBuckets } from '../src/buckets/redis-buckets.ts';
import { connectRedis, whenConnected } from '../src/connect.ts';

export interface HammerOrder {
  readonly redisUrl: string;
  readonly asks: readonly BucketAsk[];
  readonly calls: number;
  readonly atOnce: number;
  /** By how much the clocks of this process are wrong. */
  readonly skewMs: number;
}

/** Of one decision: the store's clock, whether it passed, and the units of each level after it. */
export type Hammered = readonly [nowUs: number, allowed: boolean, units: readonly number[]];

const TIMEOUT_MS = 30_000;
const [dateNow, performanceNow] = [Date.now, performance.now.bind(performance)];

async function hammer({ redisUrl, asks, calls, atOnce, skewMs }: HammerOrder): Promise<readonly Hammered[]> {
  Date.now = () => dateNow() + skewMs;
  performance.now = () => performanceNow() + skewMs;
  const redis = connectRedis({ address: { url: redisUrl }, name: 'hammer' });
  if (!(await whenConnected(redis, TIMEOUT_MS))) throw new Error('Redis did not answer');
  const shared = createRedisBuckets({ redis, timeoutMs: TIMEOUT_MS });
  const buckets = createGroupCommit({ buckets: shared, monotonicMs: () => performance.now(), budgetMs: TIMEOUT_MS });
  const told: Hammered[] = [];
  let left = calls;
  const call = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { nowUs, allowed, levels } = await buckets.take(asks);
      told.push([nowUs, allowed, levels.map(({ units }) => units)]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, call));
  await redis.quit();
  return told;
}

process.on('message', (order: HammerOrder) => void hammer(order).then((told) => process.send?.(told)));
process.send?.('ready');
