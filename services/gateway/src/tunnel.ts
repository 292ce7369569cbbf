import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Upgrade } from '@tidegate/http';
import type { Duplex } from 'node:stream';

export interface TunnelOptions {
  /** Where the service is. */
  readonly origin: URL;
  readonly target: string;
  /** What goes to the service, the gateway's own headers included. */
  readonly sent: Readonly<Record<string, string | string[]>>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upgrade: Upgrade;
  /** Of the answer, by those of the service. */
  readonly headersOf: (answered: IncomingHttpHeaders) => Record<string, string | string[]>;
  /** The service did not answer, or with something that is no answer to this. */
  readonly onFailure: (error: Error) => void;
  /** Both connections are closed. */
  readonly onDone: () => void;
  /** Longest until the service answers. */
  readonly headersTimeoutMs: number;
  /** Longest that neither side says anything; a ping is something. */
  readonly idleMs: number;
}

export class TunnelTimeout extends Error {
  override readonly name = 'TunnelTimeout';
}

/**
 * A WebSocket from a client to a service: the service's own answer to the wish is passed on, and after a 101 the bytes of both
 * sides as they are. Where either ends, the other does too.
 */
export function openTunnel(options: TunnelOptions): void {
  const { origin, target: path, sent, response, onFailure, onDone, headersTimeoutMs } = options;
  const asked: ClientRequest = httpRequest({
    host: origin.hostname,
    port: origin.port,
    path,
    method: 'GET',
    agent: false,
    headers: { ...sent, connection: 'Upgrade', upgrade: 'websocket' },
  });
  const timer = setTimeout(() => asked.destroy(new TunnelTimeout()), headersTimeoutMs);
  response.once('close', () => {
    asked.destroy();
    onDone();
  });
  asked
    .once('close', () => clearTimeout(timer))
    .on('error', (error) => {
      if (!response.closed) onFailure(error);
    })
    .once('response', (answered) => refuse(answered, options))
    .once('upgrade', (answered, service, head) => {
      clearTimeout(timer);
      service.on('error', () => service.destroy());
      if (answered.headers.upgrade?.toLowerCase() === 'websocket') return join(answered, { service, head }, options);
      service.destroy();
      onFailure(new Error('the service upgraded to something else'));
    })
    .end();
}

/** The service has something else to say. */
function refuse(answered: IncomingMessage, { response, headersOf }: TunnelOptions): void {
  response.writeHead(answered.statusCode ?? 502, headersOf(answered.headers));
  answered.on('error', () => response.destroy()).pipe(response);
}

interface ServiceEnd {
  readonly service: Duplex;
  readonly head: Buffer;
}

function join(answered: IncomingMessage, { service, head }: ServiceEnd, { response, upgrade, headersOf, idleMs }: TunnelOptions): void {
  const { socket: client } = upgrade;
  response.writeHead(101, { ...headersOf(answered.headers), connection: 'Upgrade', upgrade: 'websocket' });
  response.flushHeaders();
  client.setTimeout(idleMs, () => client.destroy());
  client.once('close', () => service.destroy());
  const begin = (): void => {
    if (head.length > 0) client.write(head);
    if (upgrade.head.length > 0) service.write(upgrade.head);
    // What it said last goes out before the end.
    service.once('close', () => client.destroySoon());
    client.pipe(service).pipe(client);
  };
  if (response.headersSent) return begin();
  // Held until the access is written down; nothing that the service says is read before, and where it may not leave it ends.
  response.once('drain', () => (response.statusCode === SWITCHING ? begin() : service.destroy()));
}

const SWITCHING = 101;
