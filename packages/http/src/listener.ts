import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { createServer, ServerResponse as Response } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createInFlight } from '@tidegate/runtime';
import { secureOptions } from './secure.ts';
import type { ListenerTls, ServerCertificate } from './secure.ts';

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export interface HttpListener {
  /** Resolves with the port once connections are taken. */
  listen(address: ListenAddress): Promise<number>;
  /**
   * From here on each answer, begun or not, is the last of its connection: its client connects anew, elsewhere. Connections without
   * a request stay: their clients may be about to send one, and would not know what became of it.
   */
  drain(): void;
  /**
   * Takes no more connections, lets running requests end, cuts what still runs after `graceMs`. After `drain` it first waits, for
   * `lingerMs` at most, for connections to be used once more, or left.
   */
  close(graceMs?: number): Promise<void>;
  /** New connections are made with it; those that are there go on. @throws Error where it does not fit its key; nothing has changed then */
  renew(certificate: ServerCertificate): void;
}

/** A request whose client asked to speak WebSocket from here on: the connection, and what of it was read already. */
export interface Upgrade {
  readonly socket: Socket;
  readonly head: Buffer;
}

export interface ListenerOptions {
  /** Takes requests that ask for a WebSocket; `response` may refuse one as any other. Absent: the wish is not heard. */
  readonly onUpgrade?: (request: IncomingMessage, response: ServerResponse, upgrade: Upgrade) => void;
  /** Whether a client that waits to be asked for its body (`Expect: 100-continue`) is asked; default true. */
  readonly asksForBodies?: boolean;
  /** Longest until all headers of a request are there; default 10 s. */
  readonly headersTimeoutMs?: number;
  /** Longest until all of a request is there; default 5 minutes. */
  readonly requestTimeoutMs?: number;
  /**
   * Longest that an end which was announced by `drain` waits for connections without a request; default 2 s, twice of what the gateway
   * keeps one to a service. Longer than the clients keep theirs, no request meets a connection that is being closed: its client
   * could not know what became of it.
   */
  readonly lingerMs?: number;
  /** Absent: plain HTTP. */
  readonly tls?: ListenerTls;
  /** How long browsers are to ask this host by TLS alone; 0 or absent: they are not told. */
  readonly hstsSeconds?: number;
}

const HEADER_BYTES_MAX = 16 * 1_024;
const HEADERS_MAX = 100;
const HEADERS_TIMEOUT_MS = 10_000;
/** How often connections are looked at: what takes too long is ended by so much later. */
const CHECK_EVERY_MS = 1_000;
const REQUEST_TIMEOUT_MS = 300_000;
/** Longer than the gateway keeps an idle connection, so the service is never the one to close first; nor is it as it ends (`lingerMs`). */
const KEEP_ALIVE_MS = 65_000;
const GRACE_MS = 20_000;
const LINGER_MS = 2_000;
const LINGER_LOOK_MS = 20;

/**
 * Raw HTTP server with strict parsing: both Content-Length and Transfer-Encoding, several lengths, folded headers and bare
 * line feeds are refused before a handler sees the request, and so are more headers than any client sends.
 */
export function createListener(listener: RequestListener, options: ListenerOptions = {}): HttpListener {
  let isDraining = false;
  let isClosing = false;
  const inFlight = createInFlight<ServerResponse>();
  const { onUpgrade, asksForBodies = true, tls, hstsSeconds = 0, lingerMs = LINGER_MS } = options;
  const take: RequestListener = (request, response) => {
    if (enter(request, response)) listener(request, response);
  };
  const secure = tls === undefined ? null : createSecureServer({ ...serverOptions(options), ...secureOptions(tls) }, take);
  const server = secure ?? createServer(serverOptions(options), take);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseConnection(error, { socket, inFlight }));
  if (!asksForBodies) server.on('checkContinue', take);
  if (onUpgrade !== undefined) {
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      const response = answerOn(socket, request);
      if (enter(request, response)) onUpgrade(request, response, { socket, head });
    });
  }

  /** Whether the request is one to be handled. */
  function enter(request: IncomingMessage, response: ServerResponse): boolean {
    if (isDraining) response.setHeader('connection', 'close');
    if (hstsSeconds > 0) response.setHeader('strict-transport-security', `max-age=${hstsSeconds}; includeSubDomains`);
    follow(response);
    // Names and values, in turn. The runtime itself would leave out what is beyond its own bound without a word.
    if (request.rawHeaders.length <= 2 * HEADERS_MAX) return true;
    response.writeHead(431, { connection: 'close', 'content-length': 0 }).end();
    return false;
  }

  /** An answer that is begun now may still be on its way when draining begins: its connection must not outlive it. */
  function follow(response: ServerResponse): void {
    const leave = inFlight.enter(response);
    response.on('close', () => {
      leave();
      if (isClosing) setImmediate(() => server.closeIdleConnections());
    });
  }

  function drain(): void {
    isDraining = true;
    for (const response of inFlight) if (!response.headersSent) response.setHeader('connection', 'close');
  }

  return {
    listen: (address) => listen(server, address),
    drain,
    renew: (certificate) => {
      if (tls !== undefined) secure?.setSecureContext(secureOptions({ ...tls, certificate }));
    },
    close: async (graceMs = GRACE_MS) => {
      const wasDraining = isDraining;
      drain();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      try {
        if (wasDraining) await linger(server, lingerMs);
        isClosing = true;
        await close(server);
      } finally {
        clearTimeout(cut);
      }
    },
  };
}

async function listen(server: Server, { host, port }: ListenAddress): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

async function linger(server: Server, longestMs: number): Promise<void> {
  const count = promisify(server.getConnections.bind(server));
  const untilMs = performance.now() + longestMs;
  while (performance.now() < untilMs && (await count()) > 0) await delay(LINGER_LOOK_MS);
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeIdleConnections();
  });
}

function serverOptions({
  onUpgrade,
  headersTimeoutMs = HEADERS_TIMEOUT_MS,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
}: ListenerOptions): ServerOptions {
  return {
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, headersTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    requireHostHeader: true,
    insecureHTTPParser: false,
    noDelay: true,
    shouldUpgradeCallback: (request) => onUpgrade !== undefined && isWebSocket(request),
  };
}

/** RFC 6455 section 4.1. Any other upgrade that is asked for is not made, and the request is one like all others. */
function isWebSocket({ method, headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  return method === 'GET' && !hasBody && headers.upgrade?.toLowerCase() === 'websocket' && headers['sec-websocket-version'] === '13';
}

/** For a request whose connection the runtime has handed over: an answer as to any other, the last of its connection. */
function answerOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new Response(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  socket.on('error', () => socket.destroy());
  response.once('finish', () => socket.end());
  return response;
}

interface Refused {
  readonly socket: Socket;
  readonly inFlight: Iterable<ServerResponse>;
}

/**
 * What cannot be parsed, or does not come to its end, gets one answer and no further word on this connection: what follows may be
 * smuggled. Where another answer is under way it is cut, never mixed with this one.
 */
function refuseConnection(error: NodeJS.ErrnoException, { socket, inFlight }: Refused): void {
  const isAnswering = [...inFlight].some((response) => response.socket === socket && response.headersSent);
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering) {
    socket.destroy();
    return;
  }
  socket.end(`HTTP/1.1 ${refusalOf(error)}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function refusalOf({ code }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return '431 Request Header Fields Too Large';
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return '408 Request Timeout';
    default:
      return '400 Bad Request';
  }
}
