import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Upgrade } from '@tidegate/http';
import type { Duplex } from 'node:stream';
import { responseHeaders } from './forward-headers.ts';

export interface TunnelOptions {
  /** Where the service is. */
  readonly origin: URL;
  readonly target: string;
  /** What goes to the service, the gateway's own headers included. */
  readonly sent: Readonly<Record<string, string | string[]>>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upgrade: Upgrade;
  /** Set on the answer, whatever the service says. */
  readonly headers: Readonly<Record<string, string>>;
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
function refuse(answered: IncomingMessage, { response, headers }: TunnelOptions): void {
  response.writeHead(answered.statusCode ?? 502, responseHeaders(answered.headers, headers));
  answered.on('error', () => response.destroy()).pipe(response);
}

interface ServiceEnd {
  readonly service: Duplex;
  readonly head: Buffer;
}

function join(answered: IncomingMessage, { service, head }: ServiceEnd, { response, upgrade, headers, idleMs }: TunnelOptions): void {
  const { socket: client } = upgrade;
  const own = { ...headers, connection: 'Upgrade', upgrade: 'websocket' };
  response.writeHead(101, responseHeaders(answered.headers, own));
  response.flushHeaders();
  if (head.length > 0) client.write(head);
  if (upgrade.head.length > 0) service.write(upgrade.head);
  client.setTimeout(idleMs, () => client.destroy());
  client.once('close', () => service.destroy());
  // What it said last goes out before the end.
  service.once('close', () => client.destroySoon());
  client.pipe(service).pipe(client);
}
