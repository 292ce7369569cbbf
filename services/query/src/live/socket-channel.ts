/** A watcher over a WebSocket: the events of Server-Sent Events as JSON messages. What it sends is not read. */
import type { IncomingMessage } from 'node:http';
import type { Exchange, Upgrade } from '@tidegate/http';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { LiveChannel, LiveEnd } from './live-channel.ts';

/** Nothing that a watcher says is wanted. */
const MESSAGE_BYTES_MAX = 4_096;
/** A client that does not say goodbye is let go. */
const GOODBYE_MS = 2_000;
const DONE = 1_000;
const GOING_AWAY = 1_001;
const POLICY = 1_008;
const CODES: Readonly<Record<LiveEnd, number>> = { slow_reader: POLICY, renew: GOING_AWAY, draining: GOING_AWAY, over: DONE };

const server = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX });

const toldWith = new WeakMap<IncomingMessage, Readonly<Record<string, string>>>();
server.on('headers', (headers, request) => {
  for (const [name, value] of Object.entries(toldWith.get(request) ?? {})) headers.push(`${name}: ${value}`);
});

export interface SocketToOpen extends Upgrade {
  /** Headers for the gateway. */
  readonly told?: Readonly<Record<string, string>>;
}

export async function socketChannel(
  { request, response }: Pick<Exchange, 'request' | 'response'>,
  { socket, head, told = {} }: SocketToOpen,
): Promise<LiveChannel> {
  toldWith.set(request, told);
  response.statusCode = 101;
  const client = await new Promise<WebSocket>((resolve) => server.handleUpgrade(request, socket, head, resolve));
  // What breaks a connection ends it, and its end is heard by the socket.
  client.on('error', () => client.terminate());
  const say = (text: string): boolean => {
    client.send(text);
    return !socket.writableNeedDrain;
  };
  return {
    get isFull() {
      return socket.writableNeedDrain;
    },
    onTaken: (callback) => void socket.on('drain', callback),
    tell: ({ kind, id, json }) => say(`{"type":"${kind}","id":"${id}",${json.slice(1)}`),
    ping: () => say('{"type":"ping"}'),
    end(reason) {
      if (client.readyState !== client.OPEN) return;
      client.send(JSON.stringify({ type: 'error', reason }));
      client.close(CODES[reason], reason);
      setTimeout(() => client.terminate(), GOODBYE_MS).unref();
    },
  };
}
