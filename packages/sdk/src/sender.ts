import { ApiError } from './api-error.ts';
import { toLine, toRequestBody } from './request-body.ts';
import { growingPause, type Reply, type Transport } from './transport.ts';
import { toIngestAnswer, type IngestAnswer, type Rejection, type Sendable } from './wire.ts';

export interface SenderOptions {
  /** Most events in one request; default 500. */
  readonly batchEvents?: number;
  /** Most bytes in one request before compression; default 1 MiB. */
  readonly batchBytes?: number;
  /** Requests under way at once; default 4. */
  readonly concurrency?: number;
  /** Compress requests of 4 KB or more. Worth it across a network, not on one machine; default false. */
  readonly gzip?: boolean;
  /** How often an event with the verdict `retry` is sent again; default 20. */
  readonly retries?: number;
  readonly signal?: AbortSignal;
  /** Called after every settled request, in no order, with the positions that it settled. */
  readonly onProgress?: (progress: SendProgress) => void;
}

export interface SendProgress {
  /** Events settled so far: accepted or rejected. */
  readonly settled: number;
  readonly accepted: number;
  readonly rejected: number;
  /** All events before this position are settled. */
  readonly settledThrough: number;
}

export interface SendReport {
  readonly accepted: number;
  readonly rejected: readonly Rejection[];
  /** One for each request that had accepted events: proof that they are counted, see `receipt`. */
  readonly receipts: readonly string[];
}

export interface SenderDeps {
  readonly transport: Transport;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
}

interface Item {
  readonly index: number;
  readonly line: string;
}

const DEFAULTS = { batchEvents: 500, batchBytes: 1_048_576, concurrency: 4, gzip: false, retries: 20 } as const;

/**
 * Sends events in batches. Memory is bounded by `concurrency` requests: the next event is drawn only when there is room.
 * Events whose outcome is unknown are sent again unchanged, so each counts once. Rejects when the gateway refuses a whole
 * request for good (bad key, bad request) or is away for longer than the client's patience; what was settled until then is settled.
 */
export async function sendEvents(
  deps: SenderDeps,
  events: Iterable<Sendable> | AsyncIterable<Sendable>,
  options: SenderOptions,
): Promise<SendReport> {
  const settings = { ...DEFAULTS, ...options };
  const tally = createTally(options.onProgress);
  const underWay = new Set<Promise<void>>();
  let failure: Error | undefined;
  for await (const batch of batches(events, settings)) {
    options.signal?.throwIfAborted();
    tally.begin(batch);
    const work = sendBatch(deps, batch, settings, tally)
      .catch((error: unknown) => void (failure ??= error instanceof Error ? error : new Error(String(error))))
      .finally(() => underWay.delete(work));
    underWay.add(work);
    if (underWay.size >= settings.concurrency) await Promise.race(underWay);
    if (failure !== undefined) break;
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure;
  return tally.report();
}

async function* batches(
  events: Iterable<Sendable> | AsyncIterable<Sendable>,
  limits: { readonly batchEvents: number; readonly batchBytes: number },
): AsyncGenerator<readonly Item[]> {
  let batch: Item[] = [];
  let bytes = 0;
  let index = 0;
  for await (const event of events) {
    const line = toLine(event);
    if (batch.length > 0 && (batch.length >= limits.batchEvents || bytes + line.length > limits.batchBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push({ index: index++, line });
    bytes += line.length + 1;
  }
  if (batch.length > 0) yield batch;
}

interface BatchSettings {
  readonly gzip: boolean;
  readonly retries: number;
  readonly signal?: AbortSignal;
}

/** Sends a batch, then what of it is to be sent again, until every event has its verdict. */
// oxlint-disable-next-line max-params -- one private step with its four inputs
async function sendBatch(deps: SenderDeps, batch: readonly Item[], settings: BatchSettings, tally: Tally): Promise<void> {
  let items = batch;
  for (let attempt = 0; items.length > 0; attempt++) {
    const { body, headers } = await toRequestBody(
      items.map((item) => item.line),
      settings.gzip,
    );
    const { signal } = settings;
    const reply = await deps.transport({ method: 'POST', path: '/v1/events', body, headers, ...(signal === undefined ? {} : { signal }) });
    const answer = readAnswer(reply);
    const again = new Set(answer.retry);
    tally.settle(items, answer, again);
    items = items.filter((_, position) => again.has(position));
    if (items.length === 0) return;
    if (attempt >= settings.retries)
      throw new ApiError(503, { title: 'Not taken', detail: `${items.length} events were not taken after ${attempt + 1} tries` });
    await deps.sleep(growingPause(attempt, deps.random), signal);
  }
}

function readAnswer(reply: Reply): IngestAnswer {
  const answer = toIngestAnswer(reply.json);
  if (answer === null) throw new ApiError(reply.status, reply.json);
  return answer;
}

interface Tally {
  begin(batch: readonly Item[]): void;
  settle(items: readonly Item[], answer: IngestAnswer, again: ReadonlySet<number>): void;
  report(): SendReport;
}

function createTally(onProgress: SenderOptions['onProgress']): Tally {
  let accepted = 0;
  let begun = 0;
  const rejected: Rejection[] = [];
  const receipts: string[] = [];
  const open = new Set<number>();
  return {
    begin(batch) {
      for (const { index } of batch) open.add(index);
      begun += batch.length;
    },
    settle(items, answer, again) {
      accepted += answer.accepted;
      if (answer.receipt !== null && answer.accepted > 0) receipts.push(answer.receipt);
      for (const rejection of answer.rejected) rejected.push({ ...rejection, index: items[rejection.index]?.index ?? -1 });
      for (const [position, item] of items.entries()) if (!again.has(position)) open.delete(item.index);
      // A set keeps the order of insertion, and positions are begun in rising order: the first is the least.
      const [settledThrough = begun] = open;
      onProgress?.({ settled: begun - open.size, accepted, rejected: rejected.length, settledThrough });
    },
    report: () => ({ accepted, rejected: rejected.toSorted((a, b) => a.index - b.index), receipts }),
  };
}
