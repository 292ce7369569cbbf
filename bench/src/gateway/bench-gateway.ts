import type { RedisConnection } from '@tidegate/redis';
import { startCpuWindow, treeSeconds } from '../machine.ts';
import { median, quantile } from '../quantile.ts';
import type { BenchMeasurement } from '../report.ts';
import { ANSWER } from './answer.ts';
import { startCounting } from './counted.ts';
import { runLoad } from '../request-load.ts';
import type { LoadResult } from '../request-load.ts';
import { measureRedisDecisions } from './redis-decisions.ts';
import { openRedis, redisSeconds } from '../redis-meter.ts';
import type { Serving } from '../program.ts';
import type { GatewaySystem } from './system.ts';

export interface GatewayBenchOptions {
  readonly system: GatewaySystem;
  readonly minutes: number;
  /** Of the open loop; 0: half of what the gateway reached in the first round. */
  readonly rate: number;
  readonly say: (line: string) => void;
}

const CONNECTIONS = 64;
const ROUNDS = 3;
/** Five parts a round: three at full speed, two at the rate. */
const PARTS = ROUNDS * 5;
/** More than one in a thousand let through without being counted, and the figures are of another thing. */
const COUNTED_SHARE_MIN = 0.999;
const PATH = '/v1/query?metric=wiki.edits&kind=summary&last=2d';

/** One part: the answers, and what proxy and Redis used for each. */
interface Part extends LoadResult {
  readonly rps: number;
  readonly proxyUs: number;
  readonly redisUs: number;
}

interface Round {
  readonly gateway: Part;
  readonly bareProxy: Part;
  readonly rateLimiterFlexible: Part;
  /** At the rate, without a proxy and through the gateway. */
  readonly direct: Part;
  readonly through: Part;
}

/**
 * What the gateway costs: key, four exact levels, audit and decisions told, all as `npm start` has it, before an upstream that
 * answers at once. In each of three rounds it takes turns with the peers at full speed, and then with no proxy at all at a rate.
 */
export async function benchGateway(options: GatewayBenchOptions): Promise<BenchMeasurement> {
  const { system, minutes, say } = options;
  const forMs = (minutes * 60_000) / PARTS;
  const redis = await openRedis(system.tidegate.addresses.redisUrl);
  try {
    const cpu = startCpuWindow(process.pid, () => performance.now());
    const counting = await startCounting(system.tidegate);
    const { rounds, rate, requests } = await runRounds({ ...options, redis, forMs });
    requireCounted(await counting.count(), requests);
    say('decisions of Redis alone');
    const decisions = await measureRedisDecisions(redis, forMs);
    const { outsideCores } = cpu.end();
    const settings = { connections: CONNECTIONS, rounds: ROUNDS, part_s: forMs / 1_000, levels: 4, requests, answer_bytes: ANSWER.length };
    return {
      settings,
      figures: {
        rate,
        ...figuresOf(rounds),
        decisions_per_redis_core: decisions.perCore,
        grouped_decisions_per_redis_core: decisions.groupedPerCore,
      },
      ratios: ratiosOf(rounds),
      outsideCores,
    };
  } finally {
    redis.disconnect();
  }
}

interface Rounds extends GatewayBenchOptions {
  readonly redis: RedisConnection;
  readonly forMs: number;
}

/** The rounds, and how many requests the gateway was sent in all. */
async function runRounds({
  system,
  rate: askedRate,
  redis,
  forMs,
  say,
}: Rounds): Promise<{ rounds: Round[]; rate: number; requests: number }> {
  const { gateway, bareProxy, rateLimiterFlexible, upstream } = system;
  let requests = 0;
  const run = async (to: Serving, rate: number): Promise<Part> => {
    const load = { port: to.port, request: requestTo(to, system.tidegate.apiKey), answerBytes: ANSWER.length };
    const before = { proxy: treeSeconds(to.pid), redis: await redisSeconds(redis) };
    const result = await runLoad({ ...load, connections: CONNECTIONS, forMs, rate });
    if (to === gateway) requests += result.answers;
    const each = (seconds: number): number => (seconds * 1e6) / result.answers;
    const [proxyUs, redisUs] = [each(treeSeconds(to.pid) - before.proxy), each((await redisSeconds(redis)) - before.redis)];
    return { ...result, rps: result.answers / result.seconds, proxyUs, redisUs };
  };
  // Until the compilers have seen every path a request takes several times as long.
  for (const proxy of [gateway, bareProxy, rateLimiterFlexible]) await run(proxy, 0);
  const rounds: Round[] = [];
  let rate = askedRate;
  while (rounds.length < ROUNDS) {
    const full = {
      gateway: await run(gateway, 0),
      bareProxy: await run(bareProxy, 0),
      rateLimiterFlexible: await run(rateLimiterFlexible, 0),
    };
    if (rate === 0) rate = Math.floor(full.gateway.rps / 2);
    const round = { ...full, direct: await run(upstream, rate), through: await run(gateway, rate) };
    rounds.push(round);
    const [own, bare, flexible] = [round.gateway.rps, round.bareProxy.rps, round.rateLimiterFlexible.rps].map(Math.round);
    say(`round ${rounds.length}: gateway ${own}/s, bare proxy ${bare}/s, rate-limiter-flexible ${flexible}/s`);
  }
  return { rounds, rate, requests };
}

function requestTo({ port }: Serving, apiKey: string): string {
  return `GET ${PATH} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-api-key: ${apiKey}\r\naccept: application/json\r\n\r\n`;
}

/** That the limiter was on is part of what is claimed. */
function requireCounted({ least, most }: { readonly least: number; readonly most: number }, requests: number): void {
  if (most >= requests * COUNTED_SHARE_MIN && least <= requests) return;
  throw new Error(`of ${requests} requests ${least} to ${most} were counted: the limiter was not what was measured`);
}

function figuresOf(rounds: readonly Round[]): Record<string, number> {
  const of = (figure: (round: Round) => number): number => median(rounds.map(figure));
  const added = (q: number) => (round: Round) => quantile(round.through.latenciesMs, q) - quantile(round.direct.latenciesMs, q);
  const costOf = ({ proxyUs, redisUs }: Part): number => proxyUs + redisUs;
  return {
    proxied_rps: of((round) => round.gateway.rps),
    added_p50_ms: of(added(0.5)),
    added_p99_ms: of(added(0.99)),
    direct_p50_ms: of((round) => quantile(round.direct.latenciesMs, 0.5)),
    direct_p99_ms: of((round) => quantile(round.direct.latenciesMs, 0.99)),
    cpu_us_per_request: of((round) => costOf(round.gateway)),
    cpu_us_per_request_at_rate: of((round) => costOf(round.through)),
    redis_us_per_request: of((round) => round.gateway.redisUs),
    bare_proxy_rps: of((round) => round.bareProxy.rps),
    bare_proxy_cpu_us_per_request: of((round) => round.bareProxy.proxyUs),
    rate_limiter_flexible_rps: of((round) => round.rateLimiterFlexible.rps),
    rate_limiter_flexible_cpu_us_per_request: of((round) => costOf(round.rateLimiterFlexible)),
  };
}

/** Each round compares what ran one after the other. */
function ratiosOf(rounds: readonly Round[]): Record<string, number> {
  return {
    bare_proxy: median(rounds.map(({ gateway, bareProxy }) => gateway.rps / bareProxy.rps)),
    rate_limiter_flexible: median(rounds.map(({ gateway, rateLimiterFlexible }) => gateway.rps / rateLimiterFlexible.rps)),
  };
}
