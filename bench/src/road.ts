import { dirname, resolve } from 'node:path';
import type { Tidegate } from '@tidegate/native';
import { createClient, type Client } from '@tidegate/sdk';
import { startCpuWindow } from './machine.ts';
import { perMillion, startParts } from './processor-parts.ts';
import { measureProducer } from './kafka-producer.ts';
import { sendLoad, type LoadResult } from './load.ts';
import type { BenchMeasurement } from './report.ts';
import { readStorage, residentMb, storedPerMillion } from './storage.ts';
import { createWorkload, type Workload } from './workload.ts';

export interface BenchOptions {
  readonly tidegate: Tidegate;
  readonly seed: number;
  readonly minutes: number;
  readonly rate: number;
  readonly say: (line: string) => void;
}

export const nowMs = (): number => performance.timeOrigin + performance.now();

export const WIKIPEDIA = resolve(dirname(import.meta.filename), '../../data/wikipedia/wikipedia_edits_2015-09-12.json.gz');
const CONNECTIONS = 16;
const EVENTS_PER_REQUEST = 500;
/** A few seconds' events: enough that flushes are as large as they get, little enough that lag does not grow. */
const UNCOUNTED_MAX = 60_000;
const VISIBLE_WITHIN_MS = 60_000;

export function openWorkload(seed: number): Workload {
  return createWorkload(WIKIPEDIA, seed);
}

/**
 * The main job at full speed: from the first byte sent until the last event is visible in an answer, everything on that
 * `npm start` has on. The Kafka producer's own rate on the same broker, before and after, is the yardstick.
 */
export async function benchRoad(options: BenchOptions): Promise<BenchMeasurement> {
  const { tidegate, say } = options;
  const client = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey });
  const workload = openWorkload(options.seed);
  say('Kafka producer, before');
  const before = await measureProducer(tidegate, say);
  await warmUp(options, workload);
  const counted = await countEdits(client);
  const stored = await readStorage(tidegate);
  say(`sending for ${options.minutes} min`);
  const cpu = startCpuWindow(process.pid, nowMs);
  const parts = startParts(tidegate);
  const lagProbe = watchLag(client);
  const load = await sendLoad(loadOptions(options, workload));
  const lag = lagProbe.end();
  const visibleMs = await untilVisible(client, counted + load.distinct);
  const used = cpu.end();
  const partSeconds = parts();
  const resident = residentMb(tidegate);
  const storedAfter = await readStorage(tidegate);
  say('Kafka producer, after');
  const after = await measureProducer(tidegate, say);
  const perSecond = load.distinct / ((visibleMs - load.firstByteMs) / 1_000);
  requireSteady(lag, perSecond);
  return {
    settings: settingsOf(options, load),
    figures: {
      events_per_second: perSecond,
      cpu_s_per_million: used.treeSeconds / (load.distinct / 1e6),
      events: load.distinct,
      seconds: (visibleMs - load.firstByteMs) / 1_000,
      drain_seconds: (visibleMs - load.lastAnswerMs) / 1_000,
      kafka_producer_records_per_second: (before + after) / 2,
      ...perMillion(partSeconds, load.distinct),
      ...storedPerMillion(stored, storedAfter, load.distinct),
      ...resident,
    },
    ratios: { kafka_producer: perSecond / ((before + after) / 2) },
    outsideCores: used.outsideCores,
  };
}

/** As every bench of the whole system sends it. */
export function loadOptions(options: BenchOptions, workload: Workload): Parameters<typeof sendLoad>[0] {
  const { gateway, apiKey } = options.tidegate;
  const shape = { connections: CONNECTIONS, eventsPerRequest: EVENTS_PER_REQUEST, rate: options.rate, uncountedMax: UNCOUNTED_MAX, nowMs };
  return { gateway, apiKey, workload, ...shape, forMs: options.minutes * 60_000 };
}

function settingsOf(options: BenchOptions, load: LoadResult): BenchMeasurement['settings'] {
  return {
    seed: options.seed,
    minutes: options.minutes,
    rate: options.rate,
    connections: CONNECTIONS,
    events_per_request: EVENTS_PER_REQUEST,
    mean_event_bytes: Math.round(load.bytes / load.sent),
    refused_requests: load.refusedRequests,
    partitions: 12,
  };
}

/** Ten seconds of the same load, so that the compilers have seen every path. */
export async function warmUp(options: BenchOptions, workload: Workload): Promise<void> {
  const client = createClient({ gateway: options.tidegate.gateway, apiKey: options.tidegate.apiKey });
  const load = await sendLoad({ ...loadOptions(options, workload), forMs: 10_000 });
  await client.counted(load.receipts, VISIBLE_WITHIN_MS);
}

export async function countEdits(client: Client): Promise<number> {
  const answer = await client.query({ metric: 'wiki.edits', kind: 'summary', last: '3d', measures: ['edits'] });
  return Number(answer.rows[0]?.[0] ?? 0);
}

/** When a query first counts at least so many events. */
async function untilVisible(client: Client, events: number): Promise<number> {
  const deadlineMs = nowMs() + VISIBLE_WITHIN_MS;
  for (;;) {
    if ((await countEdits(client)) >= events) return nowMs();
    if (nowMs() > deadlineMs) throw new Error(`${events} events were not visible within ${VISIBLE_WITHIN_MS / 1_000} s`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

interface LagSeen {
  readonly afterTenSecondsMs: number;
  readonly atEndMs: number;
}

/** The lag that answers speak of, once a second. */
function watchLag(client: Client): { end(): LagSeen } {
  const seen: number[] = [];
  const timer = setInterval(() => {
    void client
      .query({ metric: 'wiki.edits', kind: 'summary', last: '1h', measures: ['edits'] })
      .then(({ meta }) => seen.push(Number(meta['lag_ms'] ?? 0)))
      .catch(() => undefined);
  }, 1_000);
  return {
    end() {
      clearInterval(timer);
      return { afterTenSecondsMs: Math.max(...seen.slice(8, 12), 0), atEndMs: seen.at(-1) ?? 0 };
    },
  };
}

/** A run whose lag grows is no sustained rate: at the end it may be one second above what it was after ten seconds. */
function requireSteady(lag: LagSeen, perSecond: number): void {
  if (lag.atEndMs <= lag.afterTenSecondsMs + 1_000) return;
  throw new Error(
    `not sustained: lag grew from ${lag.afterTenSecondsMs} ms after 10 s to ${lag.atEndMs} ms at the end (${Math.round(perSecond)} events/s)`,
  );
}
