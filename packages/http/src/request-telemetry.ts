import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@tidegate/runtime';
import type { Logger, Metrics, TraceSpan, Tracing } from '@tidegate/telemetry';
import type { RequestContext } from './exchange.ts';
import { requestIdOf } from './exchange.ts';

export interface RequestTelemetryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

export interface ObservedRequest {
  readonly context: RequestContext;
  readonly span: TraceSpan;
}

/** Where the client left before any status went out; written as nginx does. */
const CLIENT_GONE = 499;
/** Of a WebSocket, whose head is written by who speaks it. */
export const SWITCHING = 101;
const SERVER_FAULT = 500;

export interface RequestTelemetry {
  /** Begins the span of a request; count and duration are kept when its answer is out. `route` is a template, never a URL. */
  begin(request: IncomingMessage, response: ServerResponse, route: string): ObservedRequest;
}

/** What every service keeps of every request: a span, three metrics, and a log line where it failed. */
export function createRequestTelemetry({ clock, log, metrics, tracing }: RequestTelemetryOptions): RequestTelemetry {
  const inProgress = metrics.gauge('requests_in_progress');
  const handles = new Map<string, { inc(): void }>();
  const durations = new Map<string, { observe(seconds: number): void }>();

  function count(route: string, method: string, status: number): void {
    const name = `${method} ${route} ${status}`;
    let handle = handles.get(name);
    if (handle === undefined) {
      handle = metrics.counter('requests_total', { route, method, status: String(status) });
      handles.set(name, handle);
    }
    handle.inc();
  }

  function observe(route: string, method: string, seconds: number): void {
    const name = `${method} ${route}`;
    let handle = durations.get(name);
    if (handle === undefined) {
      handle = metrics.histogram('requests_duration_seconds', { route, method });
      durations.set(name, handle);
    }
    handle.observe(seconds);
  }

  return {
    begin(request, response, route) {
      const method = knownMethod(request.method);
      const startedMs = clock.monotonicMs();
      const parent = request.headers['traceparent'];
      const span = tracing.startSpan(`${method} ${route}`, {
        kind: 'server',
        ...(typeof parent === 'string' ? { parent } : {}),
        attributes: { 'http.request.method': method, 'http.route': route },
      });
      inProgress.inc();
      response.on('close', () => {
        const status = statusOf(response);
        const durationMs = clock.monotonicMs() - startedMs;
        inProgress.dec();
        count(route, method, status);
        observe(route, method, durationMs / 1_000);
        span.setAttribute('http.response.status_code', status);
        const line = { traceId: span.traceId, durationMs, statusCode: status, detail: { route, method } };
        if (status >= SERVER_FAULT) {
          span.fail(String(status));
          log.warn('request_failed', line);
        } else log.debug('request', line);
        span.end();
      });
      return { span, context: { requestId: requestIdOf(request), traceId: span.traceId, traceparent: span.traceparent } };
    },
  };
}

/** Of an answer that is over, whether or not there was one. */
export function statusOf({ headersSent, statusCode }: ServerResponse): number {
  return headersSent || statusCode === SWITCHING ? statusCode : CLIENT_GONE;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Labels are bounded, and a method is a caller's word. */
function knownMethod(method: string | undefined): string {
  return method !== undefined && METHODS.has(method) ? method : 'OTHER';
}
