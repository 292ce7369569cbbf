import type { RedisConnection } from '../connect.ts';
import type { ScriptReply } from '../script-runner.ts';
import { createScript, listOf } from '../script-runner.ts';
import { within } from './deadline.ts';
import type { BucketAnswer, BucketAsk, BucketDecision, Buckets } from './port.ts';

const NUMBERS_PER_LEVEL = 3;

export interface RedisBucketsOptions {
  readonly redis: RedisConnection;
  /** Longest that a decision may take; default 25 ms. */
  readonly timeoutMs?: number;
}

/** What a request may lose to its limit in the worst case. */
const TIMEOUT_MS = 25;

/** Buckets in Redis: one script call a decision, exact over all gateways, by the clock of Redis alone. */
export function createRedisBuckets({ redis, timeoutMs = TIMEOUT_MS }: RedisBucketsOptions): Buckets {
  const script = createScript(redis, 'bucket-take.lua');
  return {
    async take(asks) {
      return toDecision(await within(timeoutMs, script.run(bucketKeys(asks), bucketArguments(asks))), asks);
    },
  };
}

export function bucketKeys(asks: readonly BucketAsk[]): string[] {
  return asks.map(({ key }) => key);
}

/** Cost, p, q and burst of each level, as `bucket-take.lua` reads them. */
export function bucketArguments(asks: readonly BucketAsk[]): number[] {
  return asks.flatMap(({ cost, policy }) => [cost, policy.p, policy.q, policy.burst]);
}

/** Reads the script's reply. */
export function toDecision(reply: ScriptReply, asks: readonly BucketAsk[]): BucketDecision {
  const numbers = listOf(reply).map(Number);
  if (numbers.length !== 2 + asks.length * NUMBERS_PER_LEVEL) throw new Error('the bucket script answered in another form');
  const [allowed, nowUs = 0] = numbers;
  const levels: BucketAnswer[] = asks.map((_, at) => {
    const [units = 0, waitUs = 0, fullAfterUs = 0] = numbers.slice(2 + at * NUMBERS_PER_LEVEL);
    return { units, waitUs, fullAfterUs };
  });
  return { allowed: allowed === 1, nowUs, levels };
}
