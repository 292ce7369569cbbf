import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { CallerReading } from './caller.ts';
import { CALLER_HEADER, createCallerVerifier } from './caller.ts';
import type { Delivery, Exchange, RequestContext } from './exchange.ts';
import { clientGone } from './exchange.ts';
import type { HttpListener, Upgrade } from './listener.ts';
import { createListener } from './listener.ts';
import { normalisePath } from './path.ts';
import type { ProblemFault } from './problem.ts';
import { sendProblem } from './problem.ts';
import type { RequestTelemetryOptions } from './request-telemetry.ts';
import { createRequestTelemetry } from './request-telemetry.ts';
import { createRouter } from './router.ts';
import type { NamedRoute, RouteName } from './routes/routes.ts';
import { isOpenTo, listServedRoutes, withPackName } from './routes/routes.ts';

/** Answers one request. A rejection becomes the problem `internal`, or cuts an answer that has begun. */
export type Handler = (exchange: Exchange) => void | Promise<void>;

export interface HttpServerOptions<N extends RouteName> extends RequestTelemetryOptions {
  /** One handler for each route that the service answers: `Record<RouteNameOf<'ingest'>, Handler>`. */
  readonly handlers: Readonly<Record<N, Handler>>;
  /** 32 bytes derived from `SECRET_KEY` under the label `tidegate/caller`. */
  readonly callerKey: Uint8Array;
  /** Asked before each request; false is answered 503 `not_ready`. Default: always ready. */
  readonly isReady?: () => boolean;
  /** Of JSON answers to GET; default: they are written as they are. */
  readonly delivery?: Delivery;
}

/** The server of a service behind the gateway: routes, the signed caller, trace context, metrics, faults as problems. */
export function createHttpServer<N extends RouteName>(options: HttpServerOptions<N>): HttpListener {
  const handlers: Readonly<Partial<Record<RouteName, Handler>>> = options.handlers;
  const resolve = createResolver(handlers);
  const verify = createCallerVerifier(options.callerKey, options.clock);
  const telemetry = createRequestTelemetry(options);
  const deliveryOf = createDeliveryOf(options.delivery);

  async function serve(request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): Promise<void> {
    const resolved = resolve(request);
    const { span, context } = telemetry.begin(request, response, resolved.template);
    const caller = verify(headerOf(request, CALLER_HEADER));
    // Who is not the gateway learns nothing, not even which routes there are.
    if (!caller.ok) refuseCaller(options, { response, context, caller });
    else if (resolved.kind === 'refused') sendProblem(response, resolved.fault, context);
    else if (options.isReady?.() === false) sendProblem(response, { code: 'not_ready' }, context);
    else {
      const { route, handle, params, query } = resolved;
      // The gateway asked the same; who reaches a service past it, or through an older one, is asked again.
      if (!isOpenTo(withPackName(route, params), caller.caller)) return sendProblem(response, { code: 'row_refused' }, context);
      const asked = { request, response, params, query, context, caller: caller.caller, signal: clientGone(response) };
      // A route that does not go on answers as if nothing else had been asked for.
      const live = route.isLive === true && upgrade !== undefined ? { upgrade } : {};
      const exchange: Exchange = { ...asked, ...live, ...deliveryOf(route) };
      await span.run(async () => runHandler(handle, exchange, options));
    }
  }

  const hasLive = listServedRoutes().some(({ name, isLive }) => isLive === true && handlers[name] !== undefined);
  return createListener((request, response) => void serve(request, response), {
    ...(hasLive ? { onUpgrade: (request, response, upgrade) => void serve(request, response, upgrade) } : {}),
  });
}

/** A route that says nothing of 304 never answers it. */
function createDeliveryOf(delivery: Delivery | undefined): (route: NamedRoute) => Pick<Exchange, 'deliver'> {
  if (delivery === undefined) return () => ({});
  const [kept, sent, other] = [{ deliver: delivery.kept }, { deliver: delivery.sent }, {}] as const;
  return ({ method, responses }) => (method !== 'GET' ? other : 304 in responses ? kept : sent);
}

type Resolution =
  | { readonly kind: 'refused'; readonly template: string; readonly fault: ProblemFault }
  | {
      readonly kind: 'found';
      readonly template: string;
      readonly route: NamedRoute;
      readonly handle: Handler;
      readonly params: Readonly<Record<string, string>>;
      readonly query: URLSearchParams;
    };

/** Addresses hold names of persons and questions: none is remembered much longer than it is asked. */
const ADDRESS_TTL_MS = 600_000;
const ADDRESS_CHARS_MAX = 4_000_000;

/** Dashboards ask the same addresses again and again: each is read once while it is remembered. */
function createResolver(handlers: Readonly<Partial<Record<RouteName, Handler>>>): (request: IncomingMessage) => Resolution {
  const match = createRouter<NamedRoute>(listServedRoutes().filter(({ name }) => handlers[name] !== undefined));
  const resolved = new LRUCache<string, Resolution>({ maxSize: ADDRESS_CHARS_MAX, ttl: ADDRESS_TTL_MS });
  return function resolve({ method = '', url = '' }) {
    const asked = `${method} ${url}`;
    const known = resolved.get(asked);
    if (known !== undefined) return known;
    const found = resolveAnew(method, url);
    if (found.kind === 'found') resolved.set(asked, found, { size: asked.length });
    return found;
  };

  function resolveAnew(method: string, url: string): Resolution {
    const target = normalisePath(url);
    if (!target.ok) return { kind: 'refused', template: 'none', fault: { code: 'path_invalid' } };
    const matched = match(method, target.path);
    if (matched.kind === 'method_not_allowed') return { kind: 'refused', template: 'none', fault: notAllowed(matched.allow) };
    const handle = matched.kind === 'found' ? handlers[matched.route.name] : undefined;
    if (matched.kind === 'not_found' || handle === undefined) return { kind: 'refused', template: 'none', fault: { code: 'not_found' } };
    return {
      kind: 'found',
      template: matched.route.path,
      route: matched.route,
      handle,
      params: matched.params,
      query: new URLSearchParams(target.search),
    };
  }
}

/** The problem for a path that has other methods (RFC 9110 wants them named). */
export function notAllowed(allow: readonly string[]): ProblemFault {
  return { code: 'method_not_allowed', headers: { allow: allow.join(', ') } };
}

async function runHandler(handle: Handler, exchange: Exchange, { log }: Pick<RequestTelemetryOptions, 'log'>): Promise<void> {
  const { response, context, signal } = exchange;
  try {
    await handle(exchange);
  } catch (error) {
    if (signal.aborted) return;
    log.error('handler_failed', { error });
    sendProblem(response, { code: 'internal' }, context);
  }
}

interface Refusal {
  readonly response: ServerResponse;
  readonly context: RequestContext;
  readonly caller: Exclude<CallerReading, { ok: true }>;
}

function refuseCaller({ log }: Pick<RequestTelemetryOptions, 'log'>, { response, context, caller }: Refusal): void {
  log.warn('caller_refused', { detail: { reason: caller.reason } });
  sendProblem(response, { code: caller.reason === 'missing' ? 'credentials_missing' : 'credentials_invalid' }, context);
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
