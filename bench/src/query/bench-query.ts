import type { RedisConnection } from '@tidegate/redis';
import { startCpuWindow, treeSeconds } from '../machine.ts';
import { median, quantile } from '../quantile.ts';
import { openRedis } from '../redis-meter.ts';
import type { BenchMeasurement } from '../report.ts';
import { runLoad } from '../request-load.ts';
import type { LoadResult } from '../request-load.ts';
import { nowMs } from '../road.ts';
import { ask } from './ask.ts';
import { askCold } from './cold.ts';
import { DAY_MS, lastWholeWeek, repeatWeek, sendWeek } from './history.ts';
import type { Week } from './history.ts';
import { watchMany } from './live.ts';
import { MEASURES, METRIC } from './pack.ts';
import { askRaw } from './raw-sql.ts';
import type { AskedRaw } from './raw-sql.ts';
import { BARE_KEY } from './system.ts';
import type { QuerySystem } from './system.ts';

export interface QueryBenchOptions {
  readonly system: QuerySystem;
  readonly seed: number;
  /** Of the parts in which answers are given out. */
  readonly minutes: number;
  /** Answers a second of the open loop. */
  readonly rate: number;
  /** Raw rows of the week. */
  readonly events: number;
  readonly say: (line: string) => void;
}

const CONNECTIONS = 1_000;
const WATCHERS = 1_000;
const ROUNDS = 3;
/** A week of events is repeated so often: with ten million of them rollups of 130 million, from 91 days. */
const EARLIER_WEEKS = 12;
const LONG_DAYS = 90;
/** Its clocks change within most ranges of 90 days, and its midnights are never those of UTC. */
const ZONE = 'Europe/Berlin';
/** An open loop above what is reached measures its own queue. */
const RATE_SHARE_MAX = 0.7;

interface Rounds {
  readonly own: readonly LoadResult[];
  readonly bare: readonly LoadResult[];
  readonly ownUs: number;
}

/**
 * What an answer costs when its chunks are at hand, when they are not, and when there are no rollups: a week by hour out of raw
 * rows, the same out of caches beside a server that does nothing but one GET of Redis, 90 days by hour from Postgres, and a
 * thousand who watch.
 */
export async function benchQuery(options: QueryBenchOptions): Promise<BenchMeasurement> {
  const { system, say } = options;
  const week = lastWholeWeek(nowMs());
  await sendWeek({ ...options, tidegate: system.tidegate }, week);
  say('the same week asked of raw rows');
  const raw = await askRaw(system.tidegate.addresses.databaseUrl, week);
  const redis = await openRedis(system.tidegate.addresses.redisUrl);
  try {
    return await measure(options, { week, raw, redis });
  } finally {
    redis.disconnect();
  }
}

interface Measuring {
  readonly week: Week;
  readonly raw: AskedRaw;
  readonly redis: RedisConnection;
}

async function measure(options: QueryBenchOptions, { week, raw, redis }: Measuring): Promise<BenchMeasurement> {
  const { system, say } = options;
  const path = pathOf(week, 'UTC');
  const body = await cachedAnswer(system, path);
  requireEqual(body, raw);
  await redis.set(BARE_KEY, body);
  const cpu = startCpuWindow(process.pid, nowMs);
  const rounds = await runRounds(options, { path, answerBytes: body.length });
  const reached = median(rounds.own.map(perSecond));
  const rate = Math.floor(Math.min(options.rate, RATE_SHARE_MAX * reached));
  say(`${rate}/s over ${CONNECTIONS} connections`);
  const forMs = (options.minutes * 60_000) / (2 * ROUNDS + 1);
  const request = system.request(path);
  const hot = await runLoad({ port: system.query.port, request, connections: CONNECTIONS, forMs, rate, answerBytes: body.length });
  say(`rollups of ${EARLIER_WEEKS} earlier weeks, and questions that find no cache`);
  const cells = await repeatWeek(system.tidegate, week, EARLIER_WEEKS);
  const long = pathOf({ fromMs: week.toMs - LONG_DAYS * DAY_MS, toMs: week.toMs }, ZONE);
  const longBytes = (await cachedAnswer(system, long)).length;
  const cold = await askCold(system, redis, long);
  say(`${WATCHERS} watchers`);
  const watched = await watchMany(system, WATCHERS);
  const { outsideCores } = cpu.end();
  const settings = { seed: options.seed, events: options.events, connections: CONNECTIONS, rounds: ROUNDS, answer_bytes: body.length };
  return {
    settings: { ...settings, long_answer_bytes: longBytes, generated_cells: cells, watchers: WATCHERS },
    figures: {
      raw_rows: raw.rawRows,
      raw_p50_ms: raw.p50Ms,
      hot_rps: reached,
      bare_redis_get_rps: median(rounds.bare.map(perSecond)),
      hot_cpu_us: rounds.ownUs,
      hot_rate: rate,
      hot_p50_ms: quantile(hot.latenciesMs, 0.5),
      hot_p99_ms: quantile(hot.latenciesMs, 0.99),
      cold_p50_ms: cold.p50Ms,
      cold_p99_ms: cold.p99Ms,
      live_p50_ms: watched.p50Ms,
      live_p99_ms: watched.p99Ms,
    },
    ratios: {
      bare_redis_get: median(rounds.own.map((own, at) => perSecond(own) / perSecond(rounds.bare[at] ?? own))),
      postgres_raw: raw.p50Ms / quantile(hot.latenciesMs, 0.5),
    },
    outsideCores,
  };
}

function pathOf({ fromMs, toMs }: Week, zone: string): string {
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  const question = { metric: METRIC, kind: 'series', grain: 'hour', measures: MEASURES, from, to, zone };
  return `/v1/query?q=${encodeURIComponent(JSON.stringify(question))}`;
}

const ASK_EVERY_MS = 100;
const CACHED_WITHIN_MS = 60_000;

/** Asked until it is answered out of a cache: then the chunks are there. */
async function cachedAnswer(system: QuerySystem, path: string): Promise<Buffer> {
  const deadlineMs = nowMs() + CACHED_WITHIN_MS;
  for (;;) {
    const { body, isHit } = await ask(system, path);
    if (isHit) return body;
    if (nowMs() > deadlineMs) throw new Error('the question is never answered out of a cache');
    await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
  }
}

function requireEqual(body: Buffer, { rows: expected }: AskedRaw): void {
  const { rows } = JSON.parse(body.toString()) as { readonly rows: readonly (readonly [string, number, number])[] };
  const [own, raw] = [rows, expected].map((all) => JSON.stringify(all.map(([bucket, ...values]) => [Date.parse(bucket), ...values])));
  if (own !== raw) throw new Error(`the answer is not what the raw rows say: ${own?.slice(0, 200)} against ${raw?.slice(0, 200)}`);
}

async function runRounds({ system, minutes, say }: QueryBenchOptions, asked: { path: string; answerBytes: number }): Promise<Rounds> {
  const forMs = (minutes * 60_000) / (2 * ROUNDS + 1);
  const run = async (port: number): Promise<LoadResult> => {
    const { answerBytes } = asked;
    return runLoad({ port, request: system.request(asked.path), connections: CONNECTIONS, forMs, rate: 0, answerBytes });
  };
  // Until the compilers have seen every path.
  await run(system.query.port);
  await run(system.bare.port);
  const [own, bare]: [LoadResult[], LoadResult[]] = [[], []];
  let usedS = 0;
  while (own.length < ROUNDS) {
    const before = treeSeconds(system.query.pid);
    own.push(await run(system.query.port));
    usedS += treeSeconds(system.query.pid) - before;
    bare.push(await run(system.bare.port));
    say(`round ${own.length}: ${Math.round(perSecond(own.at(-1)))}/s, bare ${Math.round(perSecond(bare.at(-1)))}/s`);
  }
  return { own, bare, ownUs: (usedS * 1e6) / own.reduce((sum, { answers }) => sum + answers, 0) };
}

function perSecond(load: LoadResult | undefined): number {
  return load === undefined ? Number.NaN : load.answers / load.seconds;
}
