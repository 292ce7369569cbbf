/** `GET /v1/live` by upgrade with nothing in its address: what is watched is subscribed to by messages (docs/design/live.md). */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ProblemFault, RequestContext, Upgrade } from '@tidegate/http';
import { invalidMember, SWITCHING, toProblem } from '@tidegate/http';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { socketCredential } from '../socket-protocols.ts';
import type { OwnRequests } from './own-requests.ts';
import { readSocketMessage } from './socket-message.ts';
import type { SocketMessage } from './socket-message.ts';
import type { Subscription } from './subscription.ts';
import { followSubscription } from './subscription.ts';

export interface SubscriptionSocketOptions {
  /** Makes the request of each subscription, which passes the gate: who, how much, whether, and who is told of whom. */
  readonly ask: OwnRequests;
  /** Most subscriptions of a socket at once. */
  readonly subscriptionsMax: number;
  /** A socket that has none for so long is ended. */
  readonly idleMs: number;
}

export interface SocketToOpen {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
  readonly upgrade: Upgrade;
  /** Of its limit. */
  readonly headers: Readonly<Record<string, string>>;
}

const MESSAGE_BYTES_MAX = 16_384;
const PING_MS = 25_000;
/** A client that takes nothing for so long is let go. */
const STALLED_MS = 30_000;
/** One that does not say goodbye, too. */
const GOODBYE_MS = 2_000;
/** Messages that come to nothing cost no token: there is an end to them. */
const UNFOUNDED_MAX = 100;
const DONE = 1_000;
const POLICY = 1_008;
/** The first subprotocol that no credential stands in. */
const SPOKEN = 'tidegate.v1';

const server = new WebSocketServer({
  ...{ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: MESSAGE_BYTES_MAX },
  handleProtocols: (offered) => (offered.has(SPOKEN) ? SPOKEN : false),
});

const toldWith = new WeakMap<IncomingMessage, OutgoingHttpHeaders>();
server.on('headers', (lines, request) => {
  for (const [name, value] of Object.entries(toldWith.get(request) ?? {})) lines.push(`${name}: ${String(value)}`);
});

export function createSubscriptionSockets(options: SubscriptionSocketOptions): (opening: SocketToOpen) => void {
  return function open({ request, response, context, upgrade, headers }) {
    const { socket, head } = upgrade;
    const { connection: _ofTheHandshake, ...told } = response.getHeaders();
    toldWith.set(request, { ...told, ...headers, 'x-request-id': context.requestId });
    response.statusCode = SWITCHING;
    server.handleUpgrade(request, socket, head, (client) => new SubscriptionSocket({ ...options, client, request, context, upgrade }));
  };
}

interface OpenedSocket extends SubscriptionSocketOptions, Omit<SocketToOpen, 'response' | 'headers'> {
  readonly client: WebSocket;
}

class SubscriptionSocket {
  private readonly opened: OpenedSocket;
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly headers: OutgoingHttpHeaders;
  private readonly pinging: NodeJS.Timeout;
  private idle: NodeJS.Timeout | undefined;
  private stalled: NodeJS.Timeout | undefined;
  private unfoundedCount = 0;

  constructor(opened: OpenedSocket) {
    this.opened = opened;
    this.headers = sentHeaders(opened.request);
    const { client, upgrade } = opened;
    client.on('message', (data: Buffer, isBinary) => this.take(data, isBinary));
    // What breaks a connection ends it.
    client.on('error', () => client.terminate());
    client.once('close', () => this.leave());
    upgrade.socket.on('drain', () => this.goOn());
    this.pinging = setInterval(() => this.say({ type: 'ping' }), PING_MS);
    this.awaitSubscription();
  }

  private take(data: Buffer, isBinary: boolean): void {
    const { client } = this.opened;
    if (client.readyState !== client.OPEN) return;
    const message = isBinary ? ({ ok: false, fault: { code: 'bad_json' } } as const) : readSocketMessage(data);
    if (!message.ok) return this.refuse(null, message.fault);
    if (message.value.op === 'subscribe') this.subscribe(message.value);
    else this.unsubscribe(message.value.subscription);
  }

  private subscribe({ subscription: name, target, lastEventId }: Extract<SocketMessage, { op: 'subscribe' }>): void {
    const { ask, subscriptionsMax, upgrade } = this.opened;
    if (this.subscriptions.has(name)) return this.refuse(name, TAKEN);
    if (this.subscriptions.size >= subscriptionsMax) {
      return this.refuse(name, { code: 'live_connections_exceeded', members: { scope: 'socket', limit: subscriptionsMax } });
    }
    const headers = lastEventId === null ? this.headers : { ...this.headers, 'last-event-id': lastEventId };
    const { remoteAddress } = upgrade.socket;
    const subscription = followSubscription(ask({ target, headers, remoteAddress }), {
      onEvent: ({ name: type, id, data }) => this.sayText(`${textOf({ type, subscription: name, id })},${data.slice(1)}`),
      onEnd: (why) => {
        this.drop(name);
        this.say({ type: 'error', subscription: name, ...why });
      },
    });
    this.subscriptions.set(name, subscription);
    clearTimeout(this.idle);
    if (upgrade.socket.writableNeedDrain) subscription.pause();
  }

  private unsubscribe(name: string): void {
    const subscription = this.subscriptions.get(name);
    if (subscription === undefined) return this.refuse(name, UNKNOWN);
    subscription.end();
    this.drop(name);
    this.say({ type: 'unsubscribed', subscription: name });
  }

  private drop(name: string): void {
    this.subscriptions.delete(name);
    if (this.subscriptions.size === 0) this.awaitSubscription();
  }

  /** Whose key was revoked has its subscriptions refused; the socket goes too. */
  private awaitSubscription(): void {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.end('idle', DONE), this.opened.idleMs);
  }

  private refuse(subscription: string | null, fault: ProblemFault): void {
    const problem = toProblem(fault, this.opened.context);
    this.say({ type: 'error', ...(subscription === null ? {} : { subscription }), problem });
    this.unfoundedCount += 1;
    if (this.unfoundedCount >= UNFOUNDED_MAX) this.end('too_many_errors', POLICY);
  }

  private say(message: Readonly<Record<string, unknown>>): void {
    this.sayText(JSON.stringify(message));
  }

  private sayText(text: string): void {
    const { client, upgrade } = this.opened;
    if (client.readyState !== client.OPEN) return;
    client.send(text);
    if (!upgrade.socket.writableNeedDrain || this.stalled !== undefined) return;
    for (const subscription of this.subscriptions.values()) subscription.pause();
    this.stalled = setTimeout(() => this.end('slow_reader', POLICY), STALLED_MS);
  }

  private goOn(): void {
    clearTimeout(this.stalled);
    this.stalled = undefined;
    for (const subscription of this.subscriptions.values()) subscription.resume();
  }

  private end(reason: string, code: number): void {
    const { client } = this.opened;
    this.say({ type: 'error', reason });
    client.close(code, reason);
    setTimeout(() => client.terminate(), GOODBYE_MS).unref();
  }

  private leave(): void {
    clearInterval(this.pinging);
    clearTimeout(this.idle);
    clearTimeout(this.stalled);
    for (const subscription of this.subscriptions.values()) subscription.end();
    this.subscriptions.clear();
  }
}

const TAKEN = invalidMember('subscription', 'is the name of another subscription of this socket');
const UNKNOWN = invalidMember('subscription', 'is no subscription of this socket');

/** Of the handshake, what says who asks and where from. */
const KEPT = ['authorization', 'x-api-key', 'x-forwarded-for', 'traceparent', 'tracestate'] as const;

function sentHeaders({ headers }: IncomingMessage): OutgoingHttpHeaders {
  const kept = Object.fromEntries(KEPT.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
  const credential = socketCredential(headers);
  return credential === null || 'authorization' in kept || 'x-api-key' in kept ? kept : { ...kept, 'x-api-key': credential };
}

/** The members without the brace at the end. */
function textOf(members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(members).slice(0, -1);
}
