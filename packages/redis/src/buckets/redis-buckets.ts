import { readFileSync } from 'node:fs';
import type { RedisConnection } from '../connect.ts';
import type { Script } from '../script.ts';
import { createScript } from '../script.ts';
import type { BucketAnswer, BucketAsk, BucketDecision, Buckets } from './port.ts';

const TAKE = readFileSync(new URL('./take.lua', import.meta.url), 'utf8');
const NUMBERS_PER_LEVEL = 3;

export interface RedisBucketsOptions {
  readonly redis: RedisConnection;
  /** Only tests give another: the same script with a clock of their own. */
  readonly script?: string;
}

/** Buckets in Redis: one script call a decision, exact over all gateways, by the clock of Redis alone. */
export function createRedisBuckets({ redis, script = TAKE }: RedisBucketsOptions): Buckets {
  const take: Script = createScript(redis, script);
  return {
    async take(asks) {
      const levelArguments = asks.flatMap(({ cost, policy }) => [cost, policy.p, policy.q, policy.burst]);
      const reply = await take(
        asks.map(({ key }) => key),
        levelArguments,
      );
      return fromReply(reply, asks);
    },
  };
}

function fromReply(reply: unknown, asks: readonly BucketAsk[]): BucketDecision {
  if (!isNumbers(reply) || reply.length !== 2 + asks.length * NUMBERS_PER_LEVEL) throw new Error('the bucket script answered in another form');
  const [allowed, nowUs = 0] = reply;
  const levels: BucketAnswer[] = asks.map((_, at) => {
    const [units = 0, waitUs = 0, fullAfterUs = 0] = reply.slice(2 + at * NUMBERS_PER_LEVEL);
    return { units, waitUs, fullAfterUs };
  });
  return { allowed: allowed === 1, nowUs, levels };
}

function isNumbers(reply: unknown): reply is number[] {
  return Array.isArray(reply) && reply.every((entry) => typeof entry === 'number');
}
