import type { IncomingMessage } from 'node:http';
import type { Upgrade, Upstream } from '@tidegate/http';
import type { Dispatcher } from 'undici';
import { Pool } from 'undici';
import type { Passage, PassagesOptions } from './passage.ts';
import { createPassages, failureReason } from './passage.ts';
import { createRelay } from './relay.ts';
import { BODY_IDLE_MS, BodyStalled, dropRest, readWhole, RequestBody } from './request-body.ts';
import { openTunnel } from './tunnel.ts';

export interface Proxy {
  /** Resolves when the answer is out or given up; rejects where a request could not be sent at all. */
  forward(passage: Passage): Promise<void>;
  close(): Promise<void>;
}

export interface ProxyOptions extends PassagesOptions {
  readonly upstreams: Readonly<Record<Upstream, string>>;
  /** Of a body as it comes, before inflation. */
  readonly bodyBytesMax: number;
  /** Longest that nothing is said in a live answer; default 60 s. */
  readonly liveIdleMs?: number;
  /** Longest that a client keeps silent within its body, or takes nothing of an answer; default 30 s. */
  readonly clientIdleMs?: number;
}

const CONNECTIONS = 128;
const CONNECT_TIMEOUT_MS = 1_000;
const LIVE_IDLE_MS = 60_000;
/** Questions and receipts may wait 10 s for events to be counted. */
const HEADERS_TIMEOUT_MS = 20_000;
const BODY_IDLE_TIMEOUT_MS = 30_000;
/** Bodies up to this length are sent on when they are complete: a stream costs more than such a request. */
const WHOLE_BYTES_MAX = 16 * 1_024;
/**
 * Shorter than the services keep theirs, also as they end (2 s): a connection that we use is never one that they are closing. A busy
 * connection is never idle for so long; one that is not costs a round trip once a second.
 */
const KEEP_ALIVE_MS = 1_000;

/** Streams requests to the services and their answers back, with the caller's identity signed. Holds no body in memory. */
export function createProxy(options: ProxyOptions): Proxy {
  const { upstreams, bodyBytesMax, liveIdleMs = LIVE_IDLE_MS, clientIdleMs = BODY_IDLE_MS } = options;
  const { sentHeaders, answerHeaders, fail } = createPassages(options);
  const pools = { ingest: createPool(upstreams.ingest), query: createPool(upstreams.query) };
  // Of their own: however many live answers there are, none takes a connection that a question needs.
  const live = { ingest: createLivePool(upstreams.ingest, liveIdleMs), query: createLivePool(upstreams.query, liveIdleMs) };

  function exchange(passage: Passage, done: Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>): void {
    const { request, response, upstream, target: path } = passage;
    const pool = (passage.isLive === true ? live : pools)[upstream];
    const isRepeatable = (request.method === 'GET' || request.method === 'HEAD') && !hasBody(request);
    let wasRepeated = false;
    const relay = createRelay({
      response,
      headersOf: (answered) => answerHeaders(passage, answered),
      onFailure: (error) => {
        // A service that is being restarted closes the connections that it has: who only asks is asked for once more.
        if (!isRepeatable || wasRepeated || response.headersSent || failureReason(error) !== 'broken') return fail(passage, error);
        wasRepeated = true;
        send(null);
      },
      onDone: done.resolve,
      stallMs: clientIdleMs,
    });
    const send = (body: Buffer | RequestBody | null): void => {
      const method = passage.method ?? (request.method as Dispatcher.HttpMethod);
      pool.dispatch({ path, method, headers: sentHeaders(passage), body }, relay);
    };
    if (!hasBody(request)) return send(null);
    dropRest(request, response, bodyBytesMax);
    if (!isSmall(request)) return send(new RequestBody(request, { response, bytesMax: bodyBytesMax, idleMs: clientIdleMs }));
    readWhole(request, clientIdleMs)
      .then(send)
      .catch((error: unknown) => (error instanceof BodyStalled ? fail(passage, error) : done.reject(error)));
  }

  function tunnel(passage: Passage, upgrade: Upgrade, onDone: () => void): void {
    const { request, response, upstream, target } = passage;
    openTunnel({
      ...{ request, response, upgrade, target, onDone },
      origin: new URL(upstreams[upstream]),
      sent: sentHeaders(passage),
      headersOf: (answered) => answerHeaders(passage, answered),
      onFailure: (error) => fail(passage, error),
      headersTimeoutMs: HEADERS_TIMEOUT_MS,
      idleMs: liveIdleMs,
    });
  }

  return {
    forward: (passage) =>
      new Promise((resolve, reject) => {
        if (passage.isLive === true && passage.upgrade !== undefined) tunnel(passage, passage.upgrade, resolve);
        else exchange(passage, { resolve, reject });
      }),
    close: async () => {
      await Promise.all([...Object.values(pools), ...Object.values(live)].map((pool) => pool.close()));
    },
  };
}

/** Each live answer has a connection; how many there may be is counted elsewhere. */
function createLivePool(origin: string, idleMs: number): Pool {
  return new Pool(origin, {
    connections: null,
    pipelining: 1,
    connectTimeout: CONNECT_TIMEOUT_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: idleMs,
  });
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
