import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketKey } from '../src/buckets/bucket-key.ts';
import type { BucketAsk } from '../src/buckets/port.ts';
import { createRedisBuckets } from '../src/buckets/redis-buckets.ts';
import { connectRedis, whenConnected } from '../src/connect.ts';
import { policyOf } from './buckets.contract.ts';
import type { HammerOrder, Hammered } from './hammer.ts';

const PROCESSES = 8;
const prefix = `tg-test-${randomBytes(6).toString('hex')}`;
const keyOf = (subject: string): string => bucketKey(prefix, { tenant: 'acme', limitClass: 'test', subject });

async function tell(child: ChildProcess, order: HammerOrder): Promise<readonly Hammered[]> {
  const answered = once(child, 'message');
  child.send(order);
  const [told] = (await answered) as [readonly Hammered[]];
  return told;
}

/** Buckets in exact fractions over the history that the store's clock gives: tokens times the window in microseconds. */
function replay(asks: readonly BucketAsk[], limits: readonly { limit: bigint; windowUs: bigint }[], history: readonly Hammered[]) {
  const full = asks.map(({ policy }, at) => BigInt(policy.burst) * (limits[at]?.windowUs ?? 1n));
  const levels = [...full];
  let lastUs = BigInt(history[0]?.[0] ?? 0);
  return history.map(([nowUs]): Hammered => {
    const elapsed = BigInt(nowUs) - lastUs;
    lastUs = BigInt(nowUs);
    for (const [at, level] of levels.entries()) {
      const refilled = level + elapsed * (limits[at]?.limit ?? 0n);
      levels[at] = refilled > (full[at] ?? 0n) ? (full[at] ?? 0n) : refilled;
    }
    const costs = asks.map(({ cost }, at) => BigInt(cost) * (limits[at]?.windowUs ?? 1n));
    const isAllowed = levels.every((level, at) => level >= (costs[at] ?? 0n));
    if (isAllowed) for (const [at, level] of levels.entries()) levels[at] = level - (costs[at] ?? 0n);
    const units = levels.map((level, at) => Number((level * BigInt(asks[at]?.policy.q ?? 1)) / (limits[at]?.windowUs ?? 1n)));
    return [nowUs, isAllowed, units];
  });
}

describe(`${PROCESSES} processes with wrong clocks`, () => {
  const redis = connectRedis({ address: { url: testServers().redisUrl }, name: 'test' });
  const children: ChildProcess[] = [];

  /** All at once; clocks are wrong by up to ten minutes, each differently. */
  async function hammerAll(order: Omit<HammerOrder, 'redisUrl' | 'skewMs'>): Promise<readonly Hammered[]> {
    const { redisUrl } = testServers();
    return (await Promise.all(children.map((child, at) => tell(child, { ...order, redisUrl, skewMs: (at - 4) * 150_000 })))).flat();
  }

  // Each loads the program: on a busy machine that takes longest.
  beforeAll(async () => {
    for (let at = 0; at < PROCESSES; at += 1) {
      children.push(
        fork(fileURLToPath(new URL('hammer.ts', import.meta.url)), { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
      );
    }
    await Promise.all(children.map((child) => once(child, 'message')));
  }, 240_000);
  afterAll(async () => {
    for (const child of children) child.kill();
    const left = await redis.keys(`${prefix}:*`);
    if (left.length > 0) await redis.del(...left);
    await redis.quit();
  });

  it('are let in exactly as often as there are tokens, and what was refused took nothing from the level that all share', async () => {
    const user = { key: keyOf('user'), policy: policyOf(1, 100_000, 700), cost: 1 };
    const shared = { key: keyOf('shared'), policy: policyOf(1, 100_000, 1_000), cost: 1 };
    const told = await hammerAll({ asks: [user, shared], calls: 250, atOnce: 20 });
    expect([told.length, told.filter(([, allowed]) => allowed).length]).toEqual([PROCESSES * 250, 700]);
    await whenConnected(redis, 5_000);
    const { levels } = await createRedisBuckets({ redis, timeoutMs: 5_000 }).take([{ ...shared, cost: 0 }]);
    expect(Math.floor((levels[0]?.units ?? 0) / shared.policy.q)).toBe(300);
  });

  it('are answered as exact fractions say, to the last unit, when buckets fill meanwhile', async () => {
    // 5,000 a second with 100 at once, and 7 in three seconds with 900 at once, whose tokens are no whole microseconds.
    const asks = [
      { key: keyOf('fast'), policy: policyOf(5_000, 1, 100), cost: 1 },
      { key: keyOf('slow'), policy: policyOf(7, 3, 900), cost: 1 },
    ];
    const told = await hammerAll({ asks, calls: 200, atOnce: 10 });
    // Scripts run one after another and requests of one script one after another: by clock, then by what is left.
    const history = told.toSorted(([aUs, , a], [bUs, , b]) => aUs - bUs || (b[1] ?? 0) - (a[1] ?? 0));
    const exact = replay(
      asks,
      [
        { limit: 5_000n, windowUs: 1_000_000n },
        { limit: 7n, windowUs: 3_000_000n },
      ],
      history,
    );
    expect(history).toEqual(exact);
    const admitted = history.filter(([, allowed]) => allowed).length;
    expect([told.length, admitted > 100]).toEqual([PROCESSES * 200, true]);
  });
});
