import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from './caller.ts';
import type { Upgrade } from './listener.ts';
import type { ProblemContext } from './problem.ts';

/** A client may name its request, but not with anything that could hold a person's data or break a log line. */
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** Identity of one request through all services. */
export interface RequestContext extends ProblemContext {
  /** W3C trace context of the span that answers this request, for the next hop. */
  readonly traceparent: string;
}

/** One request and its answer, as a handler gets it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The `{name}` segments of the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Who asks; verified. */
  readonly caller: Caller;
  readonly context: RequestContext;
  /** Aborted when the client goes away before the answer is complete. */
  readonly signal: AbortSignal;
  /** The client asked to speak WebSocket, and the route may. */
  readonly upgrade?: Upgrade;
  /** Of GET, where the service does more with a JSON answer than to write it. */
  readonly deliver?: DeliverJson;
}

/** What an answer is sent by, and to whom. */
export type Addressee = Pick<Exchange, 'request' | 'response' | 'context' | 'caller'>;

/** Sends the body of a JSON answer (200): smaller, say, or not at all where the caller has it already. */
export type DeliverJson = (to: Addressee, of: { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> }) => void;

/** Of a service's GET routes: those that declare 304, and the others. */
export interface Delivery {
  readonly kept: DeliverJson;
  readonly sent: DeliverJson;
}

/** The client's own request id where it is harmless, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** Raised when the client hangs up while its answer is still being made. */
export function clientGone(response: ServerResponse): AbortSignal {
  const abort = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) abort.abort(new Error('the client went away'));
  });
  return abort.signal;
}

/** Answers with JSON; the whole body at once. */
export function sendJson(
  exchange: Pick<Exchange, 'response' | 'context'> & Partial<Pick<Exchange, 'request' | 'caller' | 'deliver'>>,
  value: unknown,
  options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): void {
  const body = Buffer.from(JSON.stringify(value));
  const { request, response, context, caller, deliver } = exchange;
  const status = options.status ?? 200;
  if (status === 200 && deliver !== undefined && request !== undefined && caller !== undefined) {
    return deliver({ request, response, context, caller }, { body, headers: options.headers ?? {} });
  }
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-request-id': context.requestId,
    ...options.headers,
  });
  response.end(body);
}
