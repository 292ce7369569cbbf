/** How long counting stands still when an aggregator dies, and when all of them are restarted one after the other, under load. */
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type Client } from '@tidegate/sdk';
import { sendLoad } from './load.ts';
import { startCpuWindow } from './machine.ts';
import { startPositionWatch, type PositionWatch } from './position-watch.ts';
import { median } from './quantile.ts';
import { loadOptions, nowMs, openWorkload, warmUp, type BenchOptions } from './road.ts';
import type { BenchMeasurement } from './report.ts';

const KILLS = 4;
/** Between two faults, so that each one meets a system that is whole. */
const CALM_MS = 5_000;
/** The lag that answers speak of when nothing is behind. */
const CAUGHT_UP_MS = 1_000;
const WITHIN_MS = 120_000;
const COUNTED_WITHIN_MS = 120_000;

/**
 * `takeover_ms`: from SIGKILL of one of two aggregators until each partition's position has moved; `lag_gone_ms`: until answers
 * are less than a second behind. `rolling_standstill_ms`: the longest time for which one partition's position did not move
 * while both were ended with SIGTERM and started again in turn.
 */
export async function benchRecovery(options: BenchOptions): Promise<BenchMeasurement> {
  const { tidegate, rate, say } = options;
  const { gateway, apiKey, services } = tidegate;
  const client = createClient({ gateway, apiKey });
  const workload = openWorkload(options.seed);
  await warmUp(options, workload);
  const cpu = startCpuWindow(process.pid, nowMs);
  const positions = await startPositionWatch(tidegate.addresses.databaseUrl);
  const names = services.names.filter((name) => name.startsWith('aggregator'));
  const over = new AbortController();
  const loading = sendLoad({ ...loadOptions(options, workload), signal: over.signal, forMs: Infinity });
  try {
    const kills = await killInTurn({ services, names, client, positions, say });
    const rollingMs = await rollAll({ services, names, client, positions, say });
    over.abort();
    const load = await loading;
    if (!(await client.counted(load.receipts, COUNTED_WITHIN_MS))) throw new Error('not everything was counted');
    return {
      settings: { seed: options.seed, rate, aggregators: names.length, kills: KILLS, refused_requests: load.refusedRequests },
      figures: {
        takeover_ms: median(kills.map(({ takeoverMs }) => takeoverMs)),
        takeover_ms_max: Math.max(...kills.map(({ takeoverMs }) => takeoverMs)),
        lag_gone_ms: median(kills.map(({ lagGoneMs }) => lagGoneMs)),
        lag_gone_ms_max: Math.max(...kills.map(({ lagGoneMs }) => lagGoneMs)),
        rolling_standstill_ms: rollingMs,
      },
      ratios: {},
      outsideCores: cpu.end().outsideCores,
    };
  } finally {
    over.abort();
    await positions.stop();
  }
}

interface Scene {
  readonly services: BenchOptions['tidegate']['services'];
  readonly names: readonly string[];
  readonly client: Client;
  readonly positions: PositionWatch;
  readonly say: (line: string) => void;
}

interface Recovered {
  readonly takeoverMs: number;
  readonly lagGoneMs: number;
}

async function killInTurn({ services, names, client, positions, say }: Scene): Promise<readonly Recovered[]> {
  const recovered: Recovered[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const name = names[kill % names.length] ?? 'aggregator';
    await delay(CALM_MS);
    const killedMs = nowMs();
    await services.kill(name);
    const takeoverMs = (await positions.allMoved(WITHIN_MS)) - killedMs;
    const lagGoneMs = (await caughtUp(client)) - killedMs;
    say(
      `${name} was killed: all partitions counted on after ${takeoverMs.toFixed(0)} ms, nothing was behind after ${lagGoneMs.toFixed(0)} ms`,
    );
    recovered.push({ takeoverMs, lagGoneMs });
    await services.start(name);
    await caughtUp(client);
  }
  return recovered;
}

async function rollAll({ services, names, client, positions, say }: Scene): Promise<number> {
  await delay(CALM_MS);
  const startedMs = nowMs();
  for (const name of names) {
    await services.kill(name, 'SIGTERM');
    await services.start(name);
    await positions.allMoved(WITHIN_MS);
    await caughtUp(client);
    // By then the group has settled: the next one is ended in a group that is whole, as a deployment that waits for readiness does.
    await delay(CALM_MS);
  }
  const standstillMs = positions.longestStandstillSince(startedMs);
  say(`both were restarted in turn: no partition stood still for more than ${standstillMs.toFixed(0)} ms`);
  return standstillMs;
}

/** When an answer is less than a second behind. */
async function caughtUp(client: Client): Promise<number> {
  const deadlineMs = nowMs() + WITHIN_MS;
  for (;;) {
    const { meta } = await client.query({ metric: 'wiki.edits', kind: 'summary', last: '1h', measures: ['edits'] });
    if (Number(meta['lag_ms'] ?? 0) <= CAUGHT_UP_MS) return nowMs();
    if (nowMs() > deadlineMs) throw new Error(`lag was not gone within ${WITHIN_MS / 1_000} s`);
    await delay(50);
  }
}
