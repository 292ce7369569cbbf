import { createAsking } from './asking.ts';
import { createCounted } from './counted.ts';
import { sendEvents, type SendReport, type SenderOptions } from './sender.ts';
import { createTransport, type Call } from './transport.ts';
import {
  toAnswer,
  toReceiptState,
  type AnalysisQuestion,
  type Answer,
  type JourneyQuestion,
  type Question,
  type ReceiptState,
  type Sendable,
} from './wire.ts';

export interface ClientOptions {
  /** Base address of the gateway, such as `http://127.0.0.1:8000`. */
  readonly gateway: string;
  readonly apiKey: string;
  /** How long a call may go on trying through 429, 503 and broken connections, in ms; default 60,000. */
  readonly patienceMs?: number;
  /** For tests and for runtimes with a fetch of their own. */
  readonly fetch?: typeof fetch;
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly random?: () => number;
  readonly nowMs?: () => number;
}

export interface Client {
  /** Sends events in batches; see `sendEvents` for what is retried and when it rejects. */
  send(events: Iterable<Sendable> | AsyncIterable<Sendable>, options?: SenderOptions): Promise<SendReport>;
  /** Whether the events of a receipt are counted; waits for it up to `waitMs` (0 to 10,000). */
  receipt(receipt: string, waitMs?: number): Promise<ReceiptState>;
  /** Waits until all events of the receipts are counted; false when `withinMs` is over first, or waiting does not help. */
  counted(receipts: readonly string[], withinMs: number): Promise<boolean>;
  query(question: Question): Promise<Answer>;
  /** `meta.analysis` of the answer says what was found of the whole. */
  analyse(question: AnalysisQuestion | JourneyQuestion): Promise<Answer>;
  /** All pages of an answer. */
  queryAll(question: Question): Promise<Answer>;
  /** The answer as NDJSON text. */
  queryLines(question: Question): Promise<string>;
  /** The answer as CSV text, columns named in the first line. */
  queryCsv(question: Question): Promise<string>;
  /** Installs a pack (its YAML text); takes effect in every service without a restart. */
  applyPack(yaml: string): Promise<unknown>;
  packs(): Promise<unknown>;
  metrics(): Promise<unknown>;
  status(): Promise<unknown>;
  /** Any other route. Resolves with the parsed body; rejects with `ApiError` unless the status is 2xx. */
  call(request: Call): Promise<unknown>;
  /** As `call`; the body as it came. */
  callText(request: Call): Promise<string>;
  /** As `call`; of what is no text. */
  callBytes(request: Call): Promise<Uint8Array>;
}

/** A client of one gateway with one key; holds no connection and needs no closing. */
export function createClient(options: ClientOptions): Client {
  const sleep = options.sleep ?? pause;
  const random = options.random ?? Math.random;
  const nowMs = options.nowMs ?? (() => performance.now());
  const transport = createTransport({
    gateway: options.gateway,
    apiKey: options.apiKey,
    fetch: options.fetch ?? globalThis.fetch,
    sleep,
    random,
    nowMs,
    patienceMs: options.patienceMs ?? 60_000,
  });
  const ask = createAsking(transport, sleep);
  const call = async (request: Call): Promise<unknown> => (await ask(request)).json;
  const receipt = async (token: string, waitMs = 0): Promise<ReceiptState> =>
    toReceiptState(await call({ method: 'GET', path: `/v1/receipts/${encodeURIComponent(token)}?wait_ms=${waitMs}` }));
  const query = async (question: Question): Promise<Answer> => toAnswer(await call(post('/v1/query', question)));
  const queryAs = async (question: Question, accept: string): Promise<string> =>
    (await ask({ ...post('/v1/query', question), headers: { ...JSON_BODY, accept } })).text;
  return {
    send: (events, sending = {}) => sendEvents({ transport, sleep, random }, events, sending),
    receipt,
    counted: createCounted(receipt, nowMs),
    query,
    analyse: async (question) => toAnswer(await call(post('/v1/query', question))),
    async queryAll(question) {
      let answer = await query(question);
      const rows = [...answer.rows];
      while (answer.next_cursor !== null) {
        answer = await query({ ...question, cursor: answer.next_cursor });
        rows.push(...answer.rows);
      }
      return { ...answer, rows };
    },
    queryLines: async (question) => queryAs(question, 'application/x-ndjson'),
    queryCsv: async (question) => queryAs(question, 'text/csv'),
    applyPack: (yaml) => call({ method: 'POST', path: '/v1/admin/packs', body: yaml, headers: { 'content-type': 'application/yaml' } }),
    packs: () => call({ method: 'GET', path: '/v1/packs' }),
    metrics: () => call({ method: 'GET', path: '/v1/metrics' }),
    status: () => call({ method: 'GET', path: '/v1/status' }),
    call,
    callText: async (request) => (await ask(request)).text,
    callBytes: async (request) => (await ask(request)).bytes,
  };
}

const JSON_BODY = { 'content-type': 'application/json' };

function post(path: string, value: unknown): Call {
  return { method: 'POST', path, body: JSON.stringify(value), headers: JSON_BODY };
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    function abort(): void {
      clearTimeout(timer);
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    }
    signal?.addEventListener('abort', abort, { once: true });
  });
}
