import { createSecretKey } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, RequestContext, Upgrade, Upstream } from '@tidegate/http';
import { CALLER_HEADER, sendProblem, signCaller } from '@tidegate/http';
import type { Clock } from '@tidegate/runtime';
import { Overloaded } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import type { IncomingHttpHeaders } from 'node:http';
import { requestHeaders, responseHeaders } from './forward-headers.ts';
import { BodyStalled, BodyTooLarge } from './request-body.ts';
import { TunnelTimeout } from './tunnel.ts';

/** A request that was let in, and where it goes. */
export interface Passage {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly upstream: Upstream;
  /** Path and search, normalised: the same that was checked. */
  readonly target: string;
  /** Default: that of the request. */
  readonly method?: 'POST';
  readonly caller: Caller;
  readonly context: RequestContext;
  /** Set on the answer, whatever the service says. */
  readonly headers: Readonly<Record<string, string>>;
  /** The answer goes on for as long as the client stays. */
  readonly isLive?: boolean;
  /** The client asked for a WebSocket. */
  readonly upgrade?: Upgrade;
}

export type FailureReason = 'connect' | 'timeout' | 'broken';

export interface PassagesOptions {
  /** 32 bytes derived from `SECRET_KEY` under the label `tidegate/caller`. */
  readonly callerKey: Uint8Array;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** What every passage has, whichever way it goes. */
export interface Passages {
  /** To the service: what of the client's headers may go on, and the gateway's own. */
  sentHeaders(passage: Passage): Record<string, string | string[]>;
  /** To the client: what of the service's headers may go on, and the gateway's own. */
  answerHeaders(passage: Passage, answered: IncomingHttpHeaders): Record<string, string | string[]>;
  /** Answers in place of the service. */
  fail(passage: Passage, error: Error): void;
}

/** So long a signature is sent again: services take one that is a minute old, and a key asks many times in a second. */
const SIGNED_AGAIN_MS = 1_000;

/** Who calls, signed; for the same caller the same text for a while. */
function createSignatures({ callerKey, clock }: Pick<PassagesOptions, 'callerKey' | 'clock'>): (caller: Caller) => string {
  // Made once: signing from bytes takes six times as long.
  const secret = createSecretKey(callerKey);
  const signed = new WeakMap<Caller, { readonly text: string; readonly atMs: number }>();
  return function signatureOf(caller) {
    const nowMs = clock.nowMs();
    let known = signed.get(caller);
    if (known === undefined || Math.abs(nowMs - known.atMs) >= SIGNED_AGAIN_MS) {
      known = { text: signCaller(secret, caller, nowMs), atMs: nowMs };
      signed.set(caller, known);
    }
    return known.text;
  };
}

export function createPassages({ callerKey, clock, metrics }: PassagesOptions): Passages {
  const signatureOf = createSignatures({ callerKey, clock });
  return {
    sentHeaders: ({ request, caller, context }) =>
      requestHeaders(request.headers, {
        [CALLER_HEADER]: signatureOf(caller),
        'x-request-id': context.requestId,
        traceparent: context.traceparent,
        via: '1.1 tidegate',
      }),
    answerHeaders({ headers: own, response, context }, answered) {
      const headers = responseHeaders(answered, own);
      headers['x-request-id'] = context.requestId;
      // The gateway's answer to a page varies with the page, whatever else the service's varies with.
      const vary = response.getHeader('vary');
      if (vary !== undefined && headers['vary'] !== undefined) headers['vary'] = `${String(vary)}, ${String(headers['vary'])}`;
      return headers;
    },
    fail(passage, error) {
      const { response, context, upstream } = passage;
      const headers = brokenOff(passage);
      if (error instanceof BodyTooLarge) return sendProblem(response, { code: 'body_too_large', headers }, context);
      if (error instanceof Overloaded)
        return sendProblem(response, { code: 'overloaded', headers, retryAfterS: error.retryAfterS }, context);
      if (error instanceof BodyStalled) return sendProblem(response, { code: 'request_timeout', headers }, context);
      const reason = failureReason(error);
      metrics.counter('proxy_upstream_failures_total', { upstream, reason }).inc();
      sendProblem(response, { code: reason === 'timeout' ? 'upstream_timeout' : 'upstream_unreachable', headers }, context);
    },
  };
}

/** What is left of an unread body would be taken for the next request: the connection ends with this answer. */
function brokenOff({ request, headers }: Passage): Readonly<Record<string, string>> {
  return request.complete ? headers : { ...headers, connection: 'close' };
}

export function failureReason(error: unknown): FailureReason {
  if (error instanceof TunnelTimeout) return 'timeout';
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
