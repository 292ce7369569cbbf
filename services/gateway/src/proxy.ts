import { createSecretKey } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, RequestContext, Upstream } from '@tidegate/http';
import { CALLER_HEADER, sendProblem, signCaller } from '@tidegate/http';
import type { Clock } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import type { Dispatcher } from 'undici';
import { Pool } from 'undici';
import { requestHeaders, responseHeaders } from './forward-headers.ts';
import { createRelay } from './relay.ts';
import { BodyTooLarge, dropRest, readWhole, RequestBody } from './request-body.ts';

/** A request that was let in, and where it goes. */
export interface Passage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upstream: Upstream;
  /** Path and search, normalised: the same that was checked. */
  readonly target: string;
  readonly caller: Caller;
  readonly context: RequestContext;
  /** Set on the answer, whatever the service says. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Proxy {
  /** Resolves when the answer is out or given up; rejects where a request could not be sent at all. */
  forward(passage: Passage): Promise<void>;
  close(): Promise<void>;
}

export interface ProxyOptions {
  readonly upstreams: Readonly<Record<Upstream, string>>;
  /** 32 bytes derived from `SECRET_KEY` under the label `tidegate/caller`. */
  readonly callerKey: Uint8Array;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Of a body as it comes, before inflation. */
  readonly bodyBytesMax: number;
}

type FailureReason = 'connect' | 'timeout' | 'broken';

const CONNECTIONS = 128;
const CONNECT_TIMEOUT_MS = 1_000;
/** Questions and receipts may wait 10 s for events to be counted. */
const HEADERS_TIMEOUT_MS = 20_000;
const BODY_IDLE_TIMEOUT_MS = 30_000;
/** Bodies up to this length are sent on when they are complete: a stream costs more than such a request. */
const WHOLE_BYTES_MAX = 16 * 1_024;
/** Shorter than the services keep theirs (65 s): a connection that we use is never one that they are closing. */
const KEEP_ALIVE_MS = 30_000;

/** Streams requests to the services and their answers back, with the caller's identity signed. Holds no body in memory. */
export function createProxy({ upstreams, callerKey, clock, metrics, bodyBytesMax }: ProxyOptions): Proxy {
  // Made once: signing from bytes takes six times as long.
  const callerSecret = createSecretKey(callerKey);
  const pools = { ingest: createPool(upstreams.ingest), query: createPool(upstreams.query) };

  function ownHeaders({ caller, context }: Passage): Record<string, string> {
    return {
      [CALLER_HEADER]: signCaller(callerSecret, caller, clock.nowMs()),
      'x-request-id': context.requestId,
      traceparent: context.traceparent,
      via: '1.1 tidegate',
    };
  }

  function fail(passage: Passage, error: Error): void {
    const { response, context, upstream } = passage;
    if (error instanceof BodyTooLarge) return sendProblem(response, { code: 'body_too_large', headers: brokenOff(passage) }, context);
    const reason = reasonOf(error);
    metrics.counter('proxy_upstream_failures_total', { upstream, reason }).inc();
    const code = reason === 'timeout' ? 'upstream_timeout' : 'upstream_unreachable';
    sendProblem(response, { code, headers: brokenOff(passage) }, context);
  }

  return {
    forward(passage) {
      const { request, response, context, upstream, target, headers } = passage;
      return new Promise((resolve, reject) => {
        const relay = createRelay({
          response,
          headersOf: (answered) => responseHeaders(answered, { ...headers, 'x-request-id': context.requestId }),
          onFailure: (error) => fail(passage, error),
          onDone: resolve,
        });
        dropRest(request, response);
        const send = (body: Buffer | RequestBody | null): void => {
          const method = request.method as Dispatcher.HttpMethod;
          const sent = requestHeaders(request.headers, ownHeaders(passage));
          pools[upstream].dispatch({ path: target, method, headers: sent, body }, relay);
        };
        if (!hasBody(request)) send(null);
        else if (isSmall(request)) readWhole(request).then(send).catch(reject);
        else send(new RequestBody(request, { response, bytesMax: bodyBytesMax }));
      });
    },
    close: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.close()));
    },
  };
}

function createPool(origin: string): Pool {
  return new Pool(origin, {
    connections: CONNECTIONS,
    pipelining: 1,
    connectTimeout: CONNECT_TIMEOUT_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: BODY_IDLE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });
}

/** RFC 9112 section 6: a request has a body exactly where its framing says so. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** Most questions are a few hundred bytes and have come with their headers. */
function isSmall({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length']) <= WHOLE_BYTES_MAX;
}

/** What is left of an unread body would be taken for the next request: the connection ends with this answer. */
function brokenOff({ request, headers }: Passage): Readonly<Record<string, string>> {
  return request.complete ? headers : { ...headers, connection: 'close' };
}

function reasonOf(error: unknown): FailureReason {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  switch (code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'timeout';
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EHOSTUNREACH':
      return 'connect';
    default:
      return 'broken';
  }
}
