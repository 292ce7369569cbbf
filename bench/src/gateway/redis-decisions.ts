import type { BucketPolicy } from '@tidegate/core';
import { compilePolicy } from '@tidegate/core';
import type { BucketAsk, RedisConnection } from '@tidegate/redis';
import { bucketKey, createRedisBuckets } from '@tidegate/redis';
import { redisSeconds } from '../redis-meter.ts';

export interface RedisDecisions {
  /** Decisions over six buckets, each by a call of its own, in a second of Redis' processor time. */
  readonly perCore: number;
  /** The same where sixteen requests over the same buckets come in one call. */
  readonly groupedPerCore: number;
}

const LEVELS = ['ip', 'global', 'tenant', 'user', 'api_key', 'endpoint'];
const CALLERS = 1_000;
const CALLS_AT_ONCE = 64;
const GROUP = 16;
/** Nobody waits here: a call that waits for its turn must not fail. */
const TIMEOUT_MS = 10_000;

/** What one core of Redis decides: the script that the gateway calls, over six levels that all have enough. */
export async function measureRedisDecisions(redis: RedisConnection, forMs: number): Promise<RedisDecisions> {
  const callers = Array.from({ length: CALLERS }, (_, caller) => asksOf(caller));
  await decideFor({ redis, callers, forMs: forMs / 4, group: 1 });
  const perCore = await decideFor({ redis, callers, forMs, group: 1 });
  const groupedPerCore = await decideFor({ redis, callers, forMs, group: GROUP });
  return { perCore, groupedPerCore };
}

interface Deciding {
  readonly redis: RedisConnection;
  readonly callers: readonly (readonly BucketAsk[])[];
  readonly forMs: number;
  readonly group: number;
}

async function decideFor({ redis, callers, forMs, group }: Deciding): Promise<number> {
  const buckets = createRedisBuckets({ redis, timeoutMs: TIMEOUT_MS });
  const weights = Array.from({ length: group }, () => 1);
  const before = await redisSeconds(redis);
  const endMs = performance.now() + forMs;
  let decided = 0;
  const worker = async (first: number): Promise<void> => {
    for (let caller = first; performance.now() < endMs; caller += CALLS_AT_ONCE) {
      const decisions = await buckets.takeGroup(callers[caller % callers.length] ?? [], weights);
      if (!decisions.every(({ allowed }) => allowed)) throw new Error('a bucket of the bench ran empty');
      decided += decisions.length;
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, (_, first) => worker(first)));
  return decided / ((await redisSeconds(redis)) - before);
}

/** A level is shared by the more callers the wider it is, as in an installation: one `global`, an `endpoint` each. */
function asksOf(caller: number): readonly BucketAsk[] {
  return LEVELS.map((name) => {
    const subject = name === 'global' ? 'all' : name === 'tenant' ? `t${caller % 10}` : `c${caller}`;
    return { key: bucketKey('bench', { tenant: 'bench', limitClass: name, subject }), policy: wide(name), cost: 1 };
  });
}

function wide(name: string): BucketPolicy {
  const compiled = compilePolicy({ name, limit: 100_000_000, windowS: 60, burst: 100_000_000 });
  if (!compiled.ok) throw new Error(compiled.fault);
  return compiled.value;
}
