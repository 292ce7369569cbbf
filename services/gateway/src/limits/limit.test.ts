import type { PolicySource } from '@tidegate/core';
import type { Buckets } from '@tidegate/redis';
import { createMemoryBuckets } from '@tidegate/redis/memory';
import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { describe, expect, it } from 'vitest';
import type { LimitDecision } from './decision.ts';
import type { Limits } from './limits.ts';
import { createLimits } from './limits.ts';
import type { LimitedRequest } from './plans.ts';

interface World {
  nowMs: number;
  isAway: boolean;
  /** Whether the next calls are answered in spite of that, in their order. */
  answers: boolean[];
  /** Calls of the script. */
  calls: number;
  readonly limits: Limits;
  readonly metrics: ReturnType<typeof createMetrics>;
}

interface WorldOptions {
  readonly settings?: Readonly<Record<string, PolicySource>>;
  readonly isTogether?: boolean;
}

/** The whole limiter over buckets in memory that can be away; time stands still unless moved. */
function createWorld({ settings = {}, isTogether = true }: WorldOptions = {}): World {
  const shared = createMemoryBuckets({ nowUs: () => 1e15 + world.nowMs * 1_000 });
  const asked = async <T>(action: () => Promise<T>): Promise<T> => {
    world.calls += 1;
    if (world.isAway && world.answers.shift() !== true) throw new Error('away');
    return action();
  };
  const buckets: Buckets = {
    take: (asks, weight) => asked(() => shared.take(asks, weight)),
    takeGroup: (asks, weights) => asked(() => shared.takeGroup(asks, weights)),
  };
  const metrics = createMetrics('gateway');
  const limits = createLimits({
    ...{ buckets, settings, isTogether, metrics, log: silentLogger },
    ...{ prefix: 'tg', hashKey: new Uint8Array(32), gateway: 'g', budgetMs: 25, append: () => Promise.resolve(), random: () => 1 },
    clock: { nowMs: () => world.nowMs, monotonicMs: () => world.nowMs },
  });
  const world: World = { nowMs: 0, isAway: false, answers: [], calls: 0, limits, metrics };
  return world;
}

const clientOf = (address: string): LimitedRequest['client'] => ({ address, network: null });
const KEY = { tenant: 'acme', keyId: 'key_1' };
const USER = { tenant: 'acme', keyId: 'token', subject: 'jane' };
const question = (caller: LimitedRequest['caller'] = KEY, address = '198.51.100.1'): LimitedRequest => ({
  client: clientOf(address),
  method: 'POST',
  path: '/v1/query',
  caller,
});
const login = (address: string, account?: string): LimitedRequest => ({
  client: clientOf(address),
  method: 'POST',
  path: '/v1/auth/login',
  caller: null,
  ...(account === undefined ? {} : { account, only: 'account' }),
});

async function decide(world: World, times: number, request = question()): Promise<LimitDecision['kind'][]> {
  const kinds: LimitDecision['kind'][] = [];
  for (let i = 0; i < times; i++) kinds.push((await world.limits.limit(request)).kind);
  return kinds;
}

async function admitted(world: World, times: number, request: LimitedRequest): Promise<number> {
  return (await decide(world, times, request)).filter((kind) => kind === 'allowed' || kind === 'uncounted').length;
}

describe('the shipped limits', () => {
  it('one address makes 10 requests at once and then 10 a second', async () => {
    const world = createWorld();
    expect(await admitted(world, 30, question())).toBe(10);
    world.nowMs += 1_000;
    expect(await admitted(world, 30, question())).toBe(10);
  });

  it('one user makes 100 a minute whatever the addresses, and as many to one route', async () => {
    const world = createWorld();
    let passed = 0;
    for (let i = 0; i < 150; i++) passed += await admitted(world, 1, question(USER, `10.0.0.${i}`));
    expect(passed).toBe(100);
  });

  it('events with a valid key count in their own class alone, and with a bad one by address', async () => {
    const world = createWorld({ settings: { ingest: { limit: 50 } } });
    const events = { ...question(), path: '/v1/events' };
    expect(await admitted(world, 80, events)).toBe(50);
    expect(await admitted(world, 80, { ...events, caller: null, hasFailed: true })).toBe(10);
  });

  it('a sign-in may be tried 5 times at once from an address and for an account, and again after 12 s', async () => {
    const world = createWorld();
    expect(await decide(world, 6, login('10.0.0.1'))).toEqual([...Array.from({ length: 5 }, () => 'allowed'), 'denied']);
    let attempts = 0;
    for (let i = 0; i < 10; i++) attempts += await admitted(world, 1, login(`10.0.1.${i}`, 'jane'));
    expect(attempts).toBe(5);
    world.nowMs += 11_999;
    expect(await admitted(world, 1, login('10.0.0.1'))).toBe(0);
    world.nowMs += 1;
    expect(await admitted(world, 2, login('10.0.0.1'))).toBe(1);
  });

  it('an attempt at an account, and a wrong password, cost no more than that level of a request that was charged already', async () => {
    const world = createWorld({ settings: { login: { limit: 1 }, auth_failure: { limit: 3 } } });
    expect(await admitted(world, 5, login('10.0.0.1', 'jane'))).toBe(5);
    expect(await admitted(world, 5, { ...login('10.0.0.1'), hasFailed: true, only: 'auth_failure' })).toBe(3);
    expect(await decide(world, 2, login('10.0.0.1'))).toEqual(['allowed', 'denied']);
  });

  it('a user who signed in counts as a user, also one who is nobody of the data', async () => {
    const world = createWorld({ settings: { ip: { limit: 600_000, burst: 10_000 }, endpoint: { limit: 500 } } });
    const token = { id: 'jti', endsMs: 0, session: { id: 'ses_1', roles: ['viewer'] } };
    expect(await admitted(world, 150, question({ tenant: 'acme', keyId: 'usr_1', token }))).toBe(100);
    expect(await admitted(world, 150, question({ tenant: 'acme', keyId: 'usr_2', token }))).toBe(100);
    expect(await admitted(world, 150, question({ tenant: 'acme', keyId: 'key_1', token: { id: 'jti', endsMs: 0 } }))).toBe(150);
  });

  it('wrong credentials from one address are refused after 20, and a good key from there is not', async () => {
    const world = createWorld({ settings: { ip: { limit: 600_000, burst: 10_000 } } });
    expect(await admitted(world, 50, { ...question(null), hasFailed: true })).toBe(20);
    expect(await admitted(world, 50, question())).toBe(50);
  });

  // 16 origins may send 9,600 a minute, which is below the installation's 10,000; 20 would send 12,000, which is not.
  it.each([
    [16, 9_600],
    [20, 10_000],
  ])('%i origins at their own rate together have %i requests a minute', async (origins, perMinute) => {
    const world = createWorld();
    const rateOf = async (minutes: number): Promise<number> => {
      let passed = 0;
      for (let tick = 0; tick < minutes * 600; tick++) {
        world.nowMs += 100;
        for (let origin = 0; origin < origins; origin++)
          passed += await admitted(world, 1, question({ ...KEY, keyId: `key_${origin}` }, `10.0.0.${origin}`));
      }
      return passed / minutes;
    };
    await rateOf(1); // the bursts are spent
    expect(Math.abs((await rateOf(1)) - perMinute)).toBeLessThanOrEqual(1);
  });
});

describe.each([
  ['on one Redis', true],
  ['on a cluster', false],
])('a refusal of the second stage, %s,', (_, isTogether) => {
  it('leaves the first as it was', async () => {
    const world = createWorld({ isTogether, settings: { api_key: { limit: 3 } } });
    expect(await decide(world, 5)).toEqual(['allowed', 'allowed', 'allowed', 'denied', 'denied']);
    // 10 at once from the address, of which 3 were admitted.
    expect(await admitted(world, 20, question(USER))).toBe(7);
  });

  it('names the first level that is empty and waits for the slowest', async () => {
    const world = createWorld({ isTogether, settings: { ip: { limit: 60, burst: 1 }, api_key: { limit: 2, burst: 1 } } });
    await decide(world, 1);
    const decision = await world.limits.limit(question());
    if (decision.kind !== 'denied') throw new Error(decision.kind);
    const waits = decision.plan.levels.map(({ policy }, at) => [policy.name, (decision.levels[at]?.waitUs ?? 0) / 1e6]);
    // A token a second, and one in 30 s; on a cluster the second stage is not asked when the first refused.
    expect(waits).toEqual([
      ['ip', 1],
      ['global', 0],
      ['api_key', isTogether ? 30 : 0],
    ]);
  });
});

describe('a level in shadow', () => {
  it('is counted, shows what it would refuse, and refuses nothing', async () => {
    const world = createWorld({ settings: { api_key: { limit: 3, mode: 'shadow' } } });
    expect(await admitted(world, 8, question())).toBe(8);
    const decision = await world.limits.limit(question());
    if (decision.kind !== 'allowed') throw new Error(decision.kind);
    expect(decision.levels[2]?.waitUs).toBe(20_000_000);
  });

  it('that is off is not asked', async () => {
    const world = createWorld({ settings: { api_key: { limit: 1, mode: 'off' }, ip: { mode: 'off' }, global: { mode: 'off' } } });
    expect(new Set(await decide(world, 8))).toEqual(new Set(['exempt']));
    expect(world.calls).toBe(0);
  });
});

describe('while Redis is away', () => {
  it('every request passes, and after five of them Redis is no longer asked', async () => {
    const world = createWorld();
    world.isAway = true;
    expect(new Set(await decide(world, 100))).toEqual(new Set(['uncounted']));
    expect(world.calls).toBe(5);
    expect(await world.metrics.expose()).toMatch(/rate_limiter_degraded\{[^}]*\} 1/);
  });

  it('one probe at a time finds out whether it is back, ever more rarely, at least every 2 seconds', async () => {
    const world = createWorld();
    world.isAway = true;
    await decide(world, 5);
    const probes: number[] = [];
    for (world.nowMs = 0; world.nowMs < 10_000; world.nowMs += 10) {
      const before = world.calls;
      await decide(world, 3);
      if (world.calls > before) probes.push(world.nowMs);
      expect(world.calls - before).toBeLessThanOrEqual(1);
    }
    // Without jitter: 100, then 200, 400, 800, 1,600 and 2,000 ms later.
    expect(probes.slice(0, 6)).toEqual([100, 300, 700, 1_500, 3_100, 5_100]);
  });

  it('the first good probe closes it: limits count again', async () => {
    const world = createWorld();
    world.isAway = true;
    await decide(world, 5);
    world.isAway = false;
    world.nowMs = 1_000;
    expect(await decide(world, 2)).toEqual(['allowed', 'allowed']);
    expect(await world.metrics.expose()).toMatch(/rate_limiter_degraded\{[^}]*\} 0/);
  });

  it('four failures in a row open nothing', async () => {
    const world = createWorld();
    for (let round = 0; round < 3; round++) {
      world.isAway = true;
      await decide(world, 4);
      world.isAway = false;
      await decide(world, 1);
    }
    expect(world.calls).toBe(15);
  });

  it('sign-ins are counted in the process, from where Redis left them', async () => {
    const world = createWorld();
    expect(await admitted(world, 3, login('10.0.0.1'))).toBe(3);
    world.isAway = true;
    expect(await admitted(world, 10, login('10.0.0.1'))).toBe(2);
    expect(await admitted(world, 10, login('10.0.0.2'))).toBe(5);
    world.nowMs += 12_000;
    expect(await admitted(world, 10, login('10.0.0.1'))).toBe(1);
  });

  it('what was spent in its absence is paid back, so that an outage is no second budget', async () => {
    const world = createWorld();
    world.isAway = true;
    expect(await admitted(world, 10, login('10.0.0.1'))).toBe(5);
    world.isAway = false;
    world.nowMs += 1_000;
    await decide(world, 1); // the probe; its return makes the gateway pay
    await expect.poll(async () => /limiter_debts_repaid_total\{[^}]*\} 5/.test(await world.metrics.expose())).toBe(true);
    expect(await admitted(world, 10, login('10.0.0.1'))).toBe(0);
  });

  it.each([
    // The repayment goes first and is answered, what is asked behind it is not. The other way round, which Redis
    // does not do, the one request that it answers is let in too, each of the three times.
    [[true, false], 10],
    [[false, true], 13],
  ])('a Redis that comes back for a moment (%j) gives no second budget', async (answers, most) => {
    // One token in 28 hours: none flows in.
    const slow: PolicySource = { limit: 1, window_s: 100_000, burst: 10, without_redis: 'local' };
    const world = createWorld({ settings: { ip: { limit: 6_000_000, burst: 100_000 }, api_key: slow } });
    let passed = await admitted(world, 1, question());
    world.isAway = true;
    for (let round = 0; round < 4; round += 1) {
      passed += await admitted(world, 20, question());
      world.nowMs += 10_000;
      world.answers = [...answers];
    }
    world.isAway = false;
    world.nowMs += 10_000;
    passed += await admitted(world, 20, question());
    expect([passed >= 10, passed <= most]).toEqual([true, true]);
  });

  it('a policy that wants it so refuses, with a code of its own and nothing else', async () => {
    const world = createWorld({ settings: { api_key: { without_redis: 'closed' } } });
    world.isAway = true;
    expect(await decide(world, 2)).toEqual(['unavailable', 'unavailable']);
    expect(await decide(world, 2, question(USER))).toEqual(['uncounted', 'uncounted']);
  });
});

describe('what is known needs no call', () => {
  it('an address that is refused is refused from memory until it may be admitted', async () => {
    const world = createWorld();
    await decide(world, 11);
    const before = world.calls;
    expect(await admitted(world, 1_000, question())).toBe(0);
    expect(world.calls).toBe(before);
    world.nowMs += 100; // a token every 100 ms
    expect(await admitted(world, 2, question())).toBe(1);
  });

  it('a changed limit is asked for at once', async () => {
    const world = createWorld();
    await decide(world, 11);
    world.limits.book.putLimits('-', { policies: { ip: { limit: 6_000, burst: 200 } } });
    expect(await admitted(world, 1, question())).toBe(0); // whole tokens are carried over, and there were none
    world.nowMs += 10;
    expect(await admitted(world, 2, question())).toBe(1);
  });

  it('requests that come while a call is on its way share the next one', async () => {
    const world = createWorld({ settings: { ip: { limit: 6_000_000, burst: 100_000 }, api_key: { limit: 30 } } });
    const decisions = await Promise.all(Array.from({ length: 50 }, () => world.limits.limit(question())));
    expect(decisions.map(({ kind }) => kind)).toEqual(Array.from({ length: 50 }, (_, at) => (at < 30 ? 'allowed' : 'denied')));
    expect(world.calls).toBe(2);
  });
});
