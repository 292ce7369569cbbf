/** Redis breaks in each way that it can, under load: what the gateway's limiter admits, and how long its decisions wait. */
import { setTimeout as delay } from 'node:timers/promises';
import { createSeededRandom } from '@tidegate/testkit';
import type { LimitDecision } from '../../services/gateway/src/limits/decision.ts';
import type { LimitedRequest } from '../../services/gateway/src/limits/plans.ts';
import type { DrillOptions, DrillReport } from './drill.ts';
import { openRedisWorld, POLICY, type RedisWorld } from './redis-world.ts';

interface RedisFault {
  /** Before anything is asked. */
  readonly prepare?: (world: RedisWorld) => Promise<void>;
  readonly begin: (world: RedisWorld) => Promise<void>;
  readonly end: (world: RedisWorld) => Promise<void>;
  /** Whether buckets are full again afterwards: one more burst. */
  readonly empties?: boolean;
  /** Replication that was behind: so many seconds of the rate are admitted again. */
  readonly lagS?: number;
}

const nothing = (): Promise<void> => Promise.resolve();

export const REDIS_FAULTS: Readonly<Record<string, RedisFault>> = {
  killed: { begin: (world) => world.kill(), end: (world) => world.replace('empty'), empties: true },
  paused: {
    begin: async (world) => void process.kill(world.pid(), 'SIGSTOP'),
    end: async (world) => void process.kill(world.pid(), 'SIGCONT'),
  },
  slowed: { begin: slow, end: nothing },
  flushed: { begin: async (world) => void (await world.admin().flushall()), end: nothing, empties: true },
  'script-flushed': { begin: async (world) => void (await world.admin().script('FLUSH')), end: nothing },
  'out-of-memory': {
    begin: async (world) => void (await world.admin().config('SET', 'maxmemory', '1')),
    end: async (world) => void (await world.admin().config('SET', 'maxmemory', '0')),
  },
  promoted: {
    prepare: (world) => world.replicate(),
    begin: (world) => world.kill(),
    end: (world) => world.replace('replica'),
    lagS: 1,
  },
};

/** Each command is answered up to 200 ms late, for a while. */
async function slow(world: RedisWorld): Promise<void> {
  const admin = world.admin();
  for (let round = 0; round < 4; round += 1) {
    await admin.call('CLIENT', 'PAUSE', '200', 'ALL');
    await delay(200);
  }
}

/** Four times what the bucket refills. */
const REQUESTS_PER_SECOND = 400;
const TICK_MS = 10;
const BEFORE_MS = 400;
const BACK_WITHIN_MS = 15_000;
/** A decision waits 25 ms for Redis. What a machine that does other things adds is measured (`late_max_ms`) and twice that allowed. */
const WAIT_MS_MAX = 250;
const RATE = POLICY.limit / POLICY.windowS;

const REQUEST: LimitedRequest = {
  ...{ client: { address: '198.51.100.1', network: null }, method: 'POST', path: '/v1/query' },
  caller: { tenant: 'drill', keyId: 'key_1' },
};

/** `minutes`: how long each outage lasts. */
export async function redisFaults({ seed, say, minutes = 0.05, only = '' }: DrillOptions): Promise<DrillReport> {
  const random = createSeededRandom(seed);
  const checks: Record<string, number> = {};
  const discrepancies: string[] = [];
  for (const [name, fault] of Object.entries(REDIS_FAULTS)) {
    if (!name.includes(only)) continue;
    const found = await runFault(fault, random, minutes * 60_000);
    for (const [figure, value] of Object.entries(found)) checks[`${name.replaceAll('-', '_')}_${figure}`] = value;
    const wrong = judge(found);
    discrepancies.push(...wrong.map((what) => `${name}: ${what}`));
    say(`${name}: ${found.admitted} of ${found.asked} admitted, at most ${found.bound}; waited at most ${found.wait_max_ms} ms`);
  }
  return { drill: 'redis', seed, verdict: discrepancies.length === 0 ? 'pass' : 'fail', checks, discrepancies };
}

interface Found {
  readonly asked: number;
  readonly admitted: number;
  /** burst × fillings + rate × time. */
  readonly bound: number;
  /** Refused because Redis was away, which these policies never are. */
  readonly unavailable: number;
  /** Decided without Redis. */
  readonly uncounted: number;
  readonly wait_p99_ms: number;
  readonly wait_max_ms: number;
  /** By how much this process itself was late, at most. */
  readonly late_max_ms: number;
  /** From the end of the fault to the first decision that Redis made. */
  readonly back_ms: number;
}

interface Seen {
  readonly kind: LimitDecision['kind'];
  readonly isCounted: boolean;
  readonly atMs: number;
  readonly waitMs: number;
}

async function runFault(fault: RedisFault, random: () => number, faultMs: number): Promise<Found> {
  const world = await openRedisWorld(random);
  try {
    await fault.prepare?.(world);
    const load = startLoad(world);
    await delay(BEFORE_MS);
    await fault.begin(world);
    await delay(faultMs);
    await fault.end(world);
    const endedMs = performance.now();
    const backMs = await load.countedSince(endedMs);
    await delay(BEFORE_MS);
    const { seen, seconds, lateMs } = await load.stop();
    const waits = seen.map(({ waitMs }) => waitMs).toSorted((a, b) => a - b);
    const fillings = fault.empties === true ? 2 : 1;
    return {
      asked: seen.length,
      admitted: seen.filter(({ kind }) => kind === 'allowed' || kind === 'uncounted').length,
      bound: Math.ceil(POLICY.burst * fillings + RATE * (seconds + (fault.lagS ?? 0))) + 1,
      unavailable: seen.filter(({ kind }) => kind === 'unavailable').length,
      uncounted: seen.filter(({ isCounted }) => !isCounted).length,
      wait_p99_ms: Math.round(waits[Math.ceil(waits.length * 0.99) - 1] ?? 0),
      wait_max_ms: Math.round(waits.at(-1) ?? 0),
      late_max_ms: Math.round(lateMs),
      back_ms: Math.round(backMs),
    };
  } finally {
    await world.close();
  }
}

/** What may not be. */
function judge({ asked, admitted, bound, unavailable, wait_max_ms: waited, late_max_ms: late }: Found): string[] {
  return [
    ...(admitted > bound ? [`${admitted} of ${asked} were admitted, and at most ${bound} may be`] : []),
    ...(admitted < POLICY.burst ? [`only ${admitted} of ${asked} were admitted`] : []),
    ...(unavailable > 0 ? [`${unavailable} were refused because Redis was away`] : []),
    ...(waited > WAIT_MS_MAX + 2 * late ? [`a decision waited ${waited} ms`] : []),
  ];
}

interface Load {
  /** Milliseconds until the first decision after the instant that Redis made. */
  countedSince(sinceMs: number): Promise<number>;
  stop(): Promise<{ readonly seen: readonly Seen[]; readonly seconds: number; readonly lateMs: number }>;
}

/** Requests at a fixed rate, whether earlier ones have been decided or not. */
function startLoad({ limits }: RedisWorld): Load {
  const startMs = performance.now();
  const seen: Seen[] = [];
  const open = new Set<Promise<void>>();
  let sent = 0;
  let [tickMs, lateMs] = [startMs, 0];

  async function decide(): Promise<void> {
    const askedMs = performance.now();
    const decision = await limits.limit(REQUEST);
    const isCounted = decision.kind === 'allowed' || (decision.kind === 'denied' && decision.source !== 'local');
    seen.push({ kind: decision.kind, isCounted, atMs: askedMs, waitMs: performance.now() - askedMs });
  }

  const timer = setInterval(() => {
    lateMs = Math.max(lateMs, performance.now() - tickMs - TICK_MS);
    tickMs = performance.now();
    const due = ((performance.now() - startMs) / 1_000) * REQUESTS_PER_SECOND;
    for (; sent < due; sent += 1) {
      const deciding = decide().finally(() => open.delete(deciding));
      open.add(deciding);
    }
  }, TICK_MS);

  return {
    async countedSince(sinceMs) {
      for (;;) {
        const first = seen.find(({ isCounted, atMs }) => isCounted && atMs >= sinceMs);
        if (first !== undefined) return first.atMs - sinceMs;
        if (performance.now() - sinceMs > BACK_WITHIN_MS) throw new Error('Redis is back and is not asked');
        await delay(TICK_MS);
      }
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      return { seen, seconds: (performance.now() - startMs) / 1_000, lateMs };
    },
  };
}
