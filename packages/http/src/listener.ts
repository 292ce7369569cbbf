import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { createInFlight } from '@tidegate/runtime';

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export interface HttpListener {
  /** Resolves with the port once connections are taken. */
  listen(address: ListenAddress): Promise<number>;
  /** From here on each answer, begun or not, is the last of its connection: its client connects anew, elsewhere. */
  drain(): void;
  /** Takes no more connections, lets running requests end, cuts what still runs after `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

const HEADER_BYTES_MAX = 16 * 1_024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 300_000;
/** Longer than the gateway keeps an idle connection, so the service is never the one to close first. */
const KEEP_ALIVE_MS = 65_000;
const GRACE_MS = 20_000;

/**
 * Raw HTTP server with strict parsing: both Content-Length and Transfer-Encoding, several lengths, folded headers and bare
 * line feeds are refused before a handler sees the request.
 */
export function createListener(listener: RequestListener): HttpListener {
  let isDraining = false;
  const inFlight = createInFlight<ServerResponse>();
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requireHostHeader: true,
      insecureHTTPParser: false,
      noDelay: true,
    },
    (request, response) => {
      if (isDraining) response.setHeader('connection', 'close');
      else follow(response);
      listener(request, response);
    },
  );
  /** An answer that is begun now may still be on its way when draining begins: its connection must not outlive it. */
  function follow(response: ServerResponse): void {
    const leave = inFlight.enter(response);
    response.once('close', () => {
      leave();
      if (isDraining) setImmediate(() => server.closeIdleConnections());
    });
  }

  function drain(): void {
    isDraining = true;
    for (const response of inFlight) if (!response.headersSent) response.setHeader('connection', 'close');
    server.closeIdleConnections();
  }

  server.on('clientError', refuseConnection);
  return {
    listen: (address) => listen(server, address),
    drain,
    close: async (graceMs = GRACE_MS) => {
      drain();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      try {
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

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeIdleConnections();
  });
}

/** What cannot be parsed gets one answer and no further word on this connection: what follows may be smuggled. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
