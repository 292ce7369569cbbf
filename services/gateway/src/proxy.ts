import type { IncomingMessage } from 'node:http';
import type { Upgrade, Upstream } from '@tidegate/http';
import type { TakeTurn } from '@tidegate/runtime';
import { createTurns, Overloaded } from '@tidegate/runtime';
import type { Dispatcher } from 'undici';
import { Pool } from 'undici';
import type { Passage, Passages, PassagesOptions } from './passage.ts';
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
  /** Most exchanges with each service at the same time, live ones apart; default 128. */
  readonly connections?: number;
  /** Longest expected wait for one of these with which a request is let in; default 2 s. */
  readonly turnWithinMs?: number;
  /** Of a body as it comes, before inflation. */
  readonly bodyBytesMax: number;
  /** Longest that nothing is said in a live answer; default 60 s. */
  readonly liveIdleMs?: number;
  /** Longest that a client keeps silent within its body, or takes nothing of an answer; default 30 s. */
  readonly clientIdleMs?: number;
}

const CONNECTIONS = 128;
const TURN_WITHIN_MS = 2_000;
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
  const { upstreams, bodyBytesMax, connections = CONNECTIONS, liveIdleMs = LIVE_IDLE_MS, clientIdleMs = BODY_IDLE_MS } = options;
  const { sentHeaders, answerHeaders, fail } = createPassages(options);
  const pools = { ingest: createPool(upstreams.ingest, connections), query: createPool(upstreams.query, connections) };
  const turns = { ingest: turnsOf('ingest', options), query: turnsOf('query', options) };
  // Of their own: however many live answers there are, none takes a connection that a question needs.
  const live = { ingest: createLivePool(upstreams.ingest, liveIdleMs), query: createLivePool(upstreams.query, liveIdleMs) };

  function exchange(passage: Passage, done: Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>): void {
    const { request, response, upstream, target: path } = passage;
    // It left while it waited for its turn.
    if (response.closed) return done.resolve();
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

  const begin = (passage: Passage): Promise<void> => new Promise((resolve, reject) => void exchange(passage, { resolve, reject }));

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

  function forwardLive(passage: Passage): Promise<void> {
    const { upgrade } = passage;
    return upgrade === undefined ? begin(passage) : new Promise((resolve) => void tunnel(passage, upgrade, resolve));
  }

  return {
    forward: (passage) =>
      passage.isLive === true ? forwardLive(passage) : forwardInTurn(turns[passage.upstream], passage, { begin, fail }),
    close: async () => {
      await Promise.all([...Object.values(pools), ...Object.values(live)].map((pool) => pool.close()));
    },
  };
}

interface Exchanging {
  readonly begin: (passage: Passage) => Promise<void>;
  readonly fail: Passages['fail'];
}

async function forwardInTurn(takeTurn: TakeTurn, passage: Passage, { begin, fail }: Exchanging): Promise<void> {
  try {
    await takeTurn(passage.caller.tenant, async () => begin(passage));
  } catch (error) {
    if (!(error instanceof Overloaded)) throw error;
    fail(passage, error);
  }
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

/**
 * Who is sent on: as many at once as there are connections. In front of the pool nobody waits, for it would let everybody wait, one
 * tenant's flood before all others.
 */
function turnsOf(upstream: Upstream, { connections = CONNECTIONS, turnWithinMs = TURN_WITHIN_MS, clock, metrics }: ProxyOptions): TakeTurn {
  const ofExchanges = metrics.gauge('proxy_exchanges', { upstream });
  const ofWaiting = metrics.gauge('proxy_waiting', { upstream });
  return createTurns({
    ...{ atOnce: connections, waitMaxMs: turnWithinMs, monotonicMs: () => clock.monotonicMs() },
    onChange({ going, waiting }) {
      ofExchanges.set(going);
      ofWaiting.set(waiting);
    },
    onRefused: () => metrics.counter('proxy_refused_total', { upstream }).inc(),
  });
}

function createPool(origin: string, connections: number): Pool {
  return new Pool(origin, {
    connections,
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
