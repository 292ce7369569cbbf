/**
 * Floods and scraping through two gateways that count in one Redis: what passes is bounded by the limits, whoever keeps to them is
 * served meanwhile, and what the gateways hold does not grow with the number of addresses.
 */
import { Agent, request as httpRequest } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startRedisServer } from '@tidegate/native';
import { createRedisBuckets } from '@tidegate/redis';
import { createSeededRandom } from '@tidegate/testkit';
import { startGate, type GateUnderTest } from '../../services/gateway/test/gate-fixture.ts';
import type { DrillOptions, DrillReport } from './drill.ts';
import { connectTo } from './redis-world.ts';

/** The shipped ones of addresses and of wrong credentials; the key's is small, so that it is reached at once. */
const POLICIES = {
  ip: { limit: 600, window_s: 60, burst: 10 },
  auth_failure: { limit: 20, window_s: 60, burst: 20 },
  global: { limit: 10_000, window_s: 60, burst: 1_000 },
  api_key: { limit: 600, window_s: 60, burst: 50 },
} as const;

type PolicyName = keyof typeof POLICIES;

/** Who asks. Each of `origins` has an address of its own, 127.0.`net`.N, and asks `perSecond` times. */
interface Crowd {
  readonly name: string;
  readonly net: number;
  readonly origins: number;
  readonly perSecond: number;
  readonly credential: string | null;
  readonly path: (random: () => number) => string;
  /** What bounds each address, or all of them together. */
  readonly bounds: readonly { readonly policy: PolicyName; readonly of: 'address' | 'crowd' }[];
}

const CROWDS: readonly Crowd[] = [
  {
    ...{ name: 'flood', net: 1, origins: 6, perSecond: 20, credential: null },
    path: () => '/v1/metrics',
    bounds: [{ policy: 'ip', of: 'address' }],
  },
  {
    ...{ name: 'guessing', net: 2, origins: 3, perSecond: 20, credential: 'tg_live_nobodys' },
    path: () => '/v1/metrics',
    bounds: [
      { policy: 'ip', of: 'address' },
      { policy: 'auth_failure', of: 'address' },
    ],
  },
  {
    ...{ name: 'scraping', net: 3, origins: 8, perSecond: 6, credential: 'eyJ.scraper.x' },
    path: (random) => `/v1/receipts/tgr1.${Math.floor(random() * 1e9)}`,
    bounds: [{ policy: 'api_key', of: 'crowd' }],
  },
];
const NEIGHBOUR: Crowd = {
  ...{ name: 'neighbour', net: 0, origins: 1, perSecond: 4, credential: 'eyJ.neighbour.x', bounds: [] },
  path: () => '/v1/metrics',
};

const TICK_MS = 25;
/** How many times the rates of the crowds a whole drill has. */
const PACE = 2;
const ADDRESSES_PER_SECOND = 1_000;
const HEAP_BYTES_MAX = 96 * 1_024 * 1_024;

interface Asked {
  sent: number;
  passed: number;
  refused: number;
  firstMs: number;
  lastMs: number;
  readonly waits: number[];
}

/** `minutes`: how long the floods go on. */
export function floods(options: DrillOptions): Promise<DrillReport> {
  return runFloods(options, PACE);
}

/** `pace`: times the rates of the crowds. Waits are told and not judged: those who ask have the same processor as the gateways. */
export async function runFloods({ seed, say, minutes = 1 }: DrillOptions, pace: number): Promise<DrillReport> {
  const random = createSeededRandom(seed);
  const world = await openWorld();
  const checks: Record<string, number> = {};
  const discrepancies: string[] = [];
  try {
    const heapBefore = heapAfterCollection();
    const load = startLoad({ ...world, pace, random });
    await delay(minutes * 60_000);
    const { asked, lateMs } = await load.stop();
    for (const crowd of CROWDS) {
      const found = judgeCrowd(crowd, asked);
      Object.assign(checks, found.checks);
      discrepancies.push(...found.discrepancies);
      say(`${crowd.name}: ${found.checks[`${crowd.name}_passed`]} of ${found.checks[`${crowd.name}_sent`]} passed`);
    }
    const neighbour = judgeNeighbour(asked.get(originOf(NEIGHBOUR, 0)) ?? emptyAsked());
    Object.assign(checks, neighbour.checks, { late_max_ms: Math.round(lateMs) });
    discrepancies.push(...neighbour.discrepancies);
    const { addresses, heapBytes } = await manyAddresses(world.gates, minutes);
    Object.assign(checks, { addresses, heap_growth_bytes: heapBytes - heapBefore });
    if (heapBytes - heapBefore > HEAP_BYTES_MAX)
      discrepancies.push(`${heapBytes - heapBefore} bytes are held after ${addresses} addresses`);
  } finally {
    await world.close();
  }
  return { drill: 'floods', seed, verdict: discrepancies.length === 0 ? 'pass' : 'fail', checks, discrepancies };
}

interface World {
  readonly gates: readonly GateUnderTest[];
  close(): Promise<void>;
}

async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-floods-'));
  const server = await startRedisServer({ dataDir: folder, log: () => undefined });
  const connections = await Promise.all([connectTo(server.url, 'gateway-1'), connectTo(server.url, 'gateway-2')]);
  const gates = await Promise.all(
    connections.map((redis) =>
      startGate({
        // What is asked is counted in Redis, however busy the machine is.
        ...{ buckets: createRedisBuckets({ redis, timeoutMs: 10_000 }), limitBudgetMs: 10_000 },
        ...{ policies: POLICIES, scopes: ['query:read'], trustedProxies: ['127.0.0.1'] },
        readToken: (token) => ({ ok: true, caller: { tenant: 'acme', keyId: token.split('.')[1] ?? '', scopes: ['query:read'] } }),
      }),
    ),
  );
  for (const { upstream } of gates) {
    upstream.respond = (request, response) => {
      // Nothing of a flood is kept here.
      upstream.seen.length = 0;
      request.resume();
      response.end('{}');
    };
  }
  return {
    gates,
    close: async () => {
      await Promise.all(gates.map((gate) => gate.close()));
      for (const redis of connections) redis.disconnect();
      await server.process.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const originOf = ({ net }: Crowd, n: number): string => `127.0.${net}.${n + 1}`;
const emptyAsked = (): Asked => ({ sent: 0, passed: 0, refused: 0, firstMs: Infinity, lastMs: 0, waits: [] });

interface Load {
  stop(): Promise<{ readonly asked: ReadonlyMap<string, Asked>; readonly lateMs: number }>;
}

/** Everybody asks at a fixed rate, by turns at each gateway, whether earlier requests were answered or not. */
function startLoad({ gates, pace, random }: Pick<World, 'gates'> & { readonly pace: number; readonly random: () => number }): Load {
  const startMs = performance.now();
  const asked = new Map<string, Asked>();
  const open = new Set<Promise<void>>();
  const agents = new Map<string, Agent>();
  let [tickMs, lateMs] = [startMs, 0];
  let isOver = false;

  async function ask(crowd: Crowd, origin: string, of: Asked): Promise<void> {
    const agent = agents.get(origin) ?? new Agent({ keepAlive: true, localAddress: origin });
    agents.set(origin, agent);
    of.sent += 1;
    const sentMs = performance.now();
    of.firstMs = Math.min(of.firstMs, sentMs);
    const port = gates[of.sent % gates.length]?.port ?? 0;
    const authorization = crowd.credential === null ? {} : { authorization: `Bearer ${crowd.credential}` };
    const status = await statusOf({ agent, port, path: crowd.path(random), headers: authorization });
    of.lastMs = performance.now();
    if (status === 429) of.refused += 1;
    else if (status !== BROKEN) of.passed += 1;
    if (crowd === NEIGHBOUR) of.waits.push(of.lastMs - sentMs);
  }

  function ofOrigin(origin: string): Asked {
    const of = asked.get(origin) ?? emptyAsked();
    asked.set(origin, of);
    return of;
  }

  // One at a time: late answers are no reason to come in a crowd, which the limits would be right to refuse.
  async function keepToLimits(): Promise<void> {
    const origin = originOf(NEIGHBOUR, 0);
    while (!isOver) {
      await ask(NEIGHBOUR, origin, ofOrigin(origin));
      await delay(1_000 / NEIGHBOUR.perSecond);
    }
  }
  open.add(keepToLimits());

  const timer = setInterval(() => {
    lateMs = Math.max(lateMs, performance.now() - tickMs - TICK_MS);
    tickMs = performance.now();
    for (const crowd of CROWDS) {
      const due = ((tickMs - startMs) / 1_000) * crowd.perSecond * pace;
      for (let n = 0; n < crowd.origins; n += 1) {
        const origin = originOf(crowd, n);
        const of = ofOrigin(origin);
        while (of.sent < due) {
          const asking = ask(crowd, origin, of).finally(() => open.delete(asking));
          open.add(asking);
        }
      }
    }
  }, TICK_MS);

  return {
    async stop() {
      clearInterval(timer);
      isOver = true;
      await Promise.all(open);
      for (const agent of agents.values()) agent.destroy();
      return { asked, lateMs };
    },
  };
}

/** In place of a status. */
const BROKEN = 0;

function statusOf(options: { agent: Agent; port: number; path: string; headers: Record<string, string> }): Promise<number> {
  return new Promise((resolve) => {
    httpRequest({ host: '127.0.0.1', ...options }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', () => resolve(BROKEN))
      .end();
  });
}

/** Burst and rate × time are the most that may pass; a crowd that always asks for more has passed its burst at least. */
function judgeCrowd(crowd: Crowd, asked: ReadonlyMap<string, Asked>): { checks: Record<string, number>; discrepancies: string[] } {
  const all = Array.from({ length: crowd.origins }, (_, n) => asked.get(originOf(crowd, n)) ?? emptyAsked());
  const together = all.reduce((sum, one) => ({
    ...{ sent: sum.sent + one.sent, passed: sum.passed + one.passed, refused: sum.refused + one.refused, waits: [] },
    ...{ firstMs: Math.min(sum.firstMs, one.firstMs), lastMs: Math.max(sum.lastMs, one.lastMs) },
  }));
  const discrepancies: string[] = [];
  for (const { policy, of } of crowd.bounds) {
    for (const [at, one] of (of === 'crowd' ? [together] : all).entries()) {
      const { limit, window_s: windowS, burst } = POLICIES[policy];
      const bound = burst + Math.floor((limit / windowS) * ((one.lastMs - one.firstMs) / 1_000)) + 1;
      if (one.passed > bound) discrepancies.push(`${crowd.name} ${at}: ${one.passed} passed, and ${policy} lets ${bound}`);
    }
  }
  const least = Math.min(...crowd.bounds.map(({ policy, of }) => POLICIES[policy].burst * (of === 'crowd' ? 1 : crowd.origins)));
  if (together.passed < least) discrepancies.push(`${crowd.name}: only ${together.passed} passed`);
  if (together.refused === 0) discrepancies.push(`${crowd.name}: nothing was refused`);
  const { name } = crowd;
  return { checks: { [`${name}_sent`]: together.sent, [`${name}_passed`]: together.passed }, discrepancies };
}

/** Who keeps to the limits is served, every time. */
function judgeNeighbour({ sent, passed, waits }: Asked): { checks: Record<string, number>; discrepancies: string[] } {
  const sorted = waits.toSorted((a, b) => a - b);
  const [p50, max] = [sorted[sorted.length >> 1] ?? 0, sorted.at(-1) ?? 0].map(Math.round);
  return {
    checks: { neighbour_sent: sent, neighbour_passed: passed, neighbour_wait_p50_ms: p50 ?? 0, neighbour_wait_max_ms: max ?? 0 },
    discrepancies: [
      ...(sent === 0 ? ['the neighbour did not ask'] : []),
      ...(passed < sent ? [`${sent - passed} of the neighbour were not served`] : []),
    ],
  };
}

/** As through a proxy that is trusted: each request from an address that nobody has had. */
async function manyAddresses(gates: readonly GateUnderTest[], minutes: number): Promise<{ addresses: number; heapBytes: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const addresses = Math.round(ADDRESSES_PER_SECOND * minutes * 60);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < addresses) {
      const n = (next += 1);
      const headers = { 'x-forwarded-for': `2001:db8:${(n >> 8).toString(16)}:${(n & 255).toString(16)}::1` };
      await statusOf({ agent, port: gates[n % gates.length]?.port ?? 0, path: '/v1/metrics', headers });
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  agent.destroy();
  return { addresses, heapBytes: heapAfterCollection() };
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
