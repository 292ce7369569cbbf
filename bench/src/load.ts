import { Pool } from 'undici';
import type { Workload } from './workload.ts';

export interface LoadOptions {
  readonly gateway: string;
  readonly apiKey: string;
  readonly workload: Workload;
  readonly connections: number;
  readonly eventsPerRequest: number;
  readonly forMs: number;
  /** Ends the load before that. */
  readonly signal?: AbortSignal;
  /** Events per second to offer; 0: as many as are taken and counted, see `uncountedMax`. */
  readonly rate: number;
  /** With rate 0: most events that are accepted and not yet counted; beyond it the generator waits for receipts. */
  readonly uncountedMax: number;
  readonly nowMs: () => number;
}

export interface LoadResult {
  /** Valid events sent for the first time and accepted. */
  readonly distinct: number;
  readonly sent: number;
  readonly bytes: number;
  readonly refusedRequests: number;
  readonly firstByteMs: number;
  readonly lastAnswerMs: number;
  /** The last receipts that are not known to be counted: requests are counted nearly in order, so these stand for all. */
  readonly receipts: readonly string[];
}

const LAST_RECEIPTS = 64;

interface Tally {
  /** Receipts of accepted requests that are not known to be counted, oldest first. */
  readonly open: string[];
  distinct: number;
  sent: number;
  bytes: number;
  refusedRequests: number;
}

/** Sends NDJSON requests on keep-alive connections, each as soon as its connection is free and the offered rate allows it. */
export async function sendLoad(options: LoadOptions): Promise<LoadResult> {
  const pool = new Pool(options.gateway, { connections: options.connections, pipelining: 1 });
  const tally: Tally = { open: [], distinct: 0, sent: 0, bytes: 0, refusedRequests: 0 };
  const startedMs = options.nowMs();
  const endMs = startedMs + options.forMs;
  const turn = createTurns(options, startedMs);
  const room = createRoom(pool, options, tally);
  const worker = async (): Promise<void> => {
    for (;;) {
      await turn();
      await room();
      if (options.nowMs() >= endMs || options.signal?.aborted === true) return;
      await sendOne(pool, options, tally);
    }
  };
  await Promise.all(Array.from({ length: options.connections }, worker));
  const lastAnswerMs = options.nowMs();
  await pool.close();
  const { open, ...sums } = tally;
  return { ...sums, firstByteMs: startedMs, lastAnswerMs, receipts: open.slice(-LAST_RECEIPTS) };
}

/** Open loop: request i leaves at i / rate, however long earlier ones take (while a connection is free). */
function createTurns(options: LoadOptions, startedMs: number): () => Promise<void> {
  if (options.rate === 0) return () => Promise.resolve();
  const gapMs = (options.eventsPerRequest * 1_000) / options.rate;
  let next = startedMs;
  return () => {
    const at = next;
    next += gapMs;
    const waitMs = at - options.nowMs();
    return waitMs <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, waitMs));
  };
}

/** Waits until the oldest uncounted request is counted, while there are too many; one wait serves all connections. */
function createRoom(pool: Pool, options: LoadOptions, tally: Tally): () => Promise<void> {
  const requestsMax = options.rate === 0 ? options.uncountedMax / options.eventsPerRequest : Number.POSITIVE_INFINITY;
  let waiting: Promise<void> | null = null;
  const waitForOldest = async (): Promise<void> => {
    // Requests are counted nearly in order: when one from the middle is, the ones before it are not worth a question each.
    const settled = Math.ceil(tally.open.length / 4);
    const receipt = tally.open[settled - 1];
    if (receipt === undefined) return;
    const headers = { 'x-api-key': options.apiKey };
    const { body } = await pool.request({ method: 'GET', path: `/v1/receipts/${receipt}?wait_ms=1000`, headers });
    const answer = (await body.json()) as { counted?: boolean };
    if (answer.counted === true) tally.open.splice(0, settled);
  };
  return async () => {
    while (tally.open.length > requestsMax) {
      waiting ??= waitForOldest().finally(() => {
        waiting = null;
      });
      await waiting;
    }
  };
}

async function sendOne(pool: Pool, options: LoadOptions, tally: Tally): Promise<void> {
  const chunk = options.workload.next(options.eventsPerRequest, options.nowMs());
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/v1/events',
    headers: { 'content-type': 'application/x-ndjson', 'x-api-key': options.apiKey },
    body: chunk.body,
  });
  const answer = (await body.json()) as { accepted?: number; receipt?: string };
  if (statusCode === 429 || statusCode === 503) {
    tally.refusedRequests += 1;
    return;
  }
  if (statusCode !== 202 && statusCode !== 207)
    throw new Error(`a request was answered ${statusCode}: ${JSON.stringify(answer).slice(0, 500)}`);
  tally.distinct += chunk.distinct;
  tally.sent += options.eventsPerRequest;
  tally.bytes += chunk.body.length;
  if (answer.receipt !== undefined) tally.open.push(answer.receipt);
}
