import { Client as HttpClient } from 'undici';
import { startCpuWindow } from './machine.ts';
import { sendLoad } from './load.ts';
import { ascending, quantile } from './quantile.ts';
import type { BenchMeasurement } from './report.ts';
import { loadOptions, nowMs, openWorkload, warmUp, type BenchOptions } from './road.ts';

const PROBES_PER_SECOND = 20;
const PROBES_MIN = 1_000;
const ASK_EVERY_MS = 2;
const PROBE_CHANNEL = '#probe';
const VISIBLE_WITHIN_MS = 30_000;

interface Probe {
  /** Counted events of the probe's channel that an answer must reach. */
  readonly ordinal: number;
  readonly acceptedMs: number;
}

/**
 * From the client holding the 202 of a probe event to the first answer of a real query that counts it, under load. Probes
 * carry a channel of their own; one connection asks for its count every 2 ms.
 */
export async function benchFreshness(options: BenchOptions): Promise<BenchMeasurement> {
  const workload = openWorkload(options.seed);
  await warmUp(options, workload);
  const forMs = Math.max(options.minutes * 60_000, (PROBES_MIN / PROBES_PER_SECOND) * 1_000 + 2_000);
  const cpu = startCpuWindow(process.pid, nowMs);
  const loading = sendLoad({ ...loadOptions(options, workload), forMs });
  const delays = await probe(options, forMs);
  const load = await loading;
  const used = cpu.end();
  const sorted = ascending(delays);
  return {
    settings: {
      seed: options.seed,
      asked_rate: options.rate,
      probes: sorted.length,
      probes_per_second: PROBES_PER_SECOND,
      refused_requests: load.refusedRequests,
    },
    figures: {
      rate: load.distinct / ((load.lastAnswerMs - load.firstByteMs) / 1_000),
      p50_ms: quantile(sorted, 0.5),
      p99_ms: quantile(sorted, 0.99),
      max_ms: sorted.at(-1) ?? Number.NaN,
    },
    ratios: {},
    outsideCores: used.outsideCores,
  };
}

async function probe(options: BenchOptions, forMs: number): Promise<readonly number[]> {
  const sender = new HttpClient(options.tidegate.gateway);
  const asker = new HttpClient(options.tidegate.gateway);
  const base = await countProbes(asker, options.tidegate.apiKey);
  const waiting: Probe[] = [];
  const delays: number[] = [];
  const asking = askUntilDone({ options, asker, base, waiting, delays, endMs: nowMs() + forMs + VISIBLE_WITHIN_MS });
  const total = Math.floor((forMs / 1_000) * PROBES_PER_SECOND);
  const startMs = nowMs();
  for (let i = 0; i < total; i += 1) {
    await untilMs(startMs + (i * 1_000) / PROBES_PER_SECOND);
    await sendProbe(sender, options.tidegate.apiKey, i);
    waiting.push({ ordinal: i + 1, acceptedMs: nowMs() });
  }
  asking.close();
  await asking.done;
  await Promise.all([sender.close(), asker.close()]);
  return delays;
}

interface Asking {
  readonly options: BenchOptions;
  readonly asker: HttpClient;
  readonly base: number;
  readonly waiting: Probe[];
  readonly delays: number[];
  readonly endMs: number;
}

function askUntilDone(asking: Asking): { done: Promise<void>; close(): void } {
  let isClosing = false;
  const run = async (): Promise<void> => {
    while (!isClosing || asking.waiting.length > 0) {
      const askedMs = nowMs();
      if (askedMs > asking.endMs) throw new Error(`${asking.waiting.length} probes did not become visible`);
      const counted = (await countProbes(asking.asker, asking.options.tidegate.apiKey)) - asking.base;
      const seenMs = nowMs();
      while (asking.waiting[0] !== undefined && asking.waiting[0].ordinal <= counted) {
        asking.delays.push(Math.max(0, seenMs - (asking.waiting.shift()?.acceptedMs ?? seenMs)));
      }
      await untilMs(askedMs + ASK_EVERY_MS);
    }
  };
  return {
    done: run(),
    close: () => {
      isClosing = true;
    },
  };
}

async function sendProbe(client: HttpClient, apiKey: string, index: number): Promise<void> {
  const data = { page: `probe ${index}`, channel: PROBE_CHANNEL, namespace: 'Main', robot: false, added: 1, deleted: 0, delta: 1 };
  const event = { id: `probe-${nowMs()}-${index}`, type: 'wiki.edit', occurred_at: Math.floor(nowMs()), data };
  const { statusCode, body } = await client.request({
    method: 'POST',
    path: '/v1/events',
    headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
    body: JSON.stringify(event),
  });
  await body.text();
  if (statusCode !== 202) throw new Error(`a probe was answered ${statusCode}`);
}

async function countProbes(client: HttpClient, apiKey: string): Promise<number> {
  const question = { metric: 'wiki.edits', kind: 'summary', last: '2d', measures: ['edits'], where: { channel: { eq: PROBE_CHANNEL } } };
  const { statusCode, body } = await client.request({
    method: 'POST',
    path: '/v1/query',
    headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
    body: JSON.stringify(question),
  });
  const answer = (await body.json()) as { rows?: (number | string)[][] };
  if (statusCode !== 200) throw new Error(`a question was answered ${statusCode}`);
  return Number(answer.rows?.[0]?.[0] ?? 0);
}

function untilMs(at: number): Promise<void> {
  const waitMs = at - nowMs();
  return waitMs <= 0 ? Promise.resolve() : new Promise((done) => setTimeout(done, waitMs));
}
