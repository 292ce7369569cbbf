import { ApiError, ConnectionError } from './api-error.ts';

export interface TransportOptions {
  /** Base address, such as `http://127.0.0.1:8000`. */
  readonly gateway: string;
  readonly apiKey: string;
  readonly fetch: typeof fetch;
  /** Waits; rejects when the signal ends the wait. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** In [0, 1): spreads the retries of many clients. */
  readonly random: () => number;
  /** How long one call may go on trying, in ms. */
  readonly patienceMs: number;
  readonly nowMs: () => number;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path with query string. */
  readonly path: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Parsed body; undefined where it is not JSON. */
  readonly json: unknown;
}

export type Transport = (call: Call) => Promise<Reply>;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Calls the gateway. 429, 502, 503, 504 and broken connections are tried again, after `Retry-After` where it is given and with a
 * growing pause where not, until `patienceMs` is over; every call of this API is safe to repeat. A 503 that carries an answer per event
 * comes back as it is. Any other status is the caller's to judge.
 */
export function createTransport(options: TransportOptions): Transport {
  return async function call(request) {
    const deadlineMs = options.nowMs() + options.patienceMs;
    for (let attempt = 0; ; attempt++) {
      const outcome = await tryOnce(options, request);
      if (!(outcome instanceof Error) && !isRefusedForNow(outcome)) return outcome;
      request.signal?.throwIfAborted();
      const pauseMs = pauseAfter(outcome, attempt, options.random);
      if (options.nowMs() + pauseMs > deadlineMs) throw outcome instanceof Error ? outcome : new ApiError(outcome.status, outcome.json);
      await options.sleep(pauseMs, request.signal);
    }
  };
}

async function tryOnce(options: TransportOptions, call: Call): Promise<Reply | ConnectionError> {
  try {
    const response = await options.fetch(`${options.gateway.replace(/\/$/, '')}${call.path}`, {
      method: call.method,
      headers: { authorization: `Bearer ${options.apiKey}`, ...call.headers },
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const text = new TextDecoder().decode(bytes);
    return { status: response.status, headers: response.headers, bytes, text, json: parse(text) };
  } catch (error) {
    return new ConnectionError(`${options.gateway} could not be reached: ${reasonOf(error)}`, { cause: error });
  }
}

/** 429; 502 and 504, where a service behind the gateway was away; 503 without an answer per event. */
function isRefusedForNow(reply: Reply): boolean {
  if (reply.status === 429 || reply.status === 502 || reply.status === 504) return true;
  return reply.status === 503 && !(typeof reply.json === 'object' && reply.json !== null && 'accepted' in reply.json);
}

function pauseAfter(outcome: Reply | Error, attempt: number, random: () => number): number {
  const seconds = outcome instanceof Error ? Number.NaN : Number(outcome.headers.get('retry-after') ?? Number.NaN);
  if (seconds >= 0) return seconds * 1000 + random() * FIRST_PAUSE_MS;
  return growingPause(attempt, random);
}

/** Doubles from 100 ms to 5 s; half of it is random. */
export function growingPause(attempt: number, random: () => number): number {
  const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 16), LONGEST_PAUSE_MS);
  return pauseMs / 2 + (random() * pauseMs) / 2;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch hides the reason ("fetch failed") in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}
