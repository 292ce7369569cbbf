import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, NamedRoute, ProblemFault, RequestContext, RequestListener, RequestTelemetry } from '@tidegate/http';
import { createRouter, isOpenTo, listRoutes, normalisePath, notAllowed, rateLimitHeaders, sendProblem } from '@tidegate/http';
import type { Logger, Step } from '@tidegate/telemetry';
import type { Authenticate, Authentication } from './authenticate.ts';
import type { ControlApp } from './control-app.ts';
import type { Limit } from './limit.ts';
import type { Proxy } from './proxy.ts';
import { quotaProblem } from './quota-problem.ts';
import { dropRest } from './request-body.ts';

export interface GateDependencies {
  readonly authenticate: Authenticate;
  readonly limit: Limit;
  readonly proxy: Proxy;
  readonly controlApp: ControlApp;
  readonly telemetry: RequestTelemetry;
  readonly step: Step;
  /** Of a body as it comes, before inflation. */
  readonly bodyBytesMax: number;
  readonly log: Logger;
}

/** Everybody: for routes that ask nobody who they are. */
const NOBODY: Caller = { tenant: '-', keyId: '-', scopes: [] };

interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
}

type Routing =
  { readonly ok: true; readonly route: NamedRoute; readonly target: string } | { readonly ok: false; readonly fault: ProblemFault };

/**
 * What every request passes, in this order: one reading of the path → route → who → may they → how much → through. The
 * proxied routes end in the proxy; administration and health, which are few, go on to Express.
 */
export function createGate(dependencies: GateDependencies): RequestListener {
  const { authenticate, limit, proxy, controlApp, telemetry, step, bodyBytesMax, log } = dependencies;
  const route = createRouting();

  async function pass(arrival: Arrival, { route: asked, target }: Extract<Routing, { ok: true }>): Promise<void> {
    const { request, response, context } = arrival;
    if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) return refuseBody(arrival);
    if (asked.scope === null) return controlApp.handle({ ...arrival, target, caller: NOBODY });
    const found = step('authenticate', () => authenticate(request.headers));
    // A turn of the event loop is waited for only where there is something to wait for: a key, or a known token, is not.
    const who = permitted(found instanceof Promise ? await found : found, asked, asked.scope);
    if (!who.ok) return sendProblem(response, who.fault, context);
    const { caller } = who;
    const headers = await charge(arrival, asked, caller);
    if (headers === null) return;
    // It left while its limit was looked up. Nothing is done for it, be it a question or a new key that nobody would see; its
    // token stays spent, or leaving early would be a way to ask for nothing.
    if (response.closed) return;
    if (asked.answers !== 'gateway') return proxy.forward({ ...arrival, upstream: asked.answers, target, caller, headers });
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    return controlApp.handle({ ...arrival, target, caller });
  }

  /** The headers that tell of the limit; null where the request was refused. */
  async function charge(
    { response, context }: Arrival,
    found: NamedRoute,
    caller: Caller,
  ): Promise<Readonly<Record<string, string>> | null> {
    if (found.limitClass === null) return {};
    const decision = await limit(caller, found.limitClass);
    if (decision.kind === 'open') return {};
    if (decision.kind === 'allowed') return rateLimitHeaders(decision.numbers);
    sendProblem(response, quotaProblem(found.limitClass, decision.numbers), context);
    return null;
  }

  return function gate(request, response) {
    const routed = route(request);
    const { span, context } = telemetry.begin(request, response, routed.ok ? routed.route.path : 'none');
    if (!routed.ok) return sendProblem(response, routed.fault, context);
    span
      .run(() => pass({ request, response, context }, routed))
      .catch((error: unknown) => {
        log.error('gate_failed', { error });
        sendProblem(response, { code: 'internal' }, context);
      });
  };
}

function createRouting(): (request: IncomingMessage) => Routing {
  const match = createRouter<NamedRoute>(listRoutes());
  return function route(request) {
    const read = normalisePath(request.url ?? '');
    if (!read.ok) return { ok: false, fault: { code: 'path_invalid' } };
    const matched = match(request.method ?? '', read.path);
    if (matched.kind === 'method_not_allowed') return { ok: false, fault: notAllowed(matched.allow) };
    if (matched.kind === 'not_found' || !fits(matched.route, matched.params)) return { ok: false, fault: { code: 'not_found' } };
    return { ok: true, route: matched.route, target: read.path + read.search };
  };
}

/** What comes of the body is dropped, for a while: the answer could be lost if the connection were cut. */
function refuseBody({ request, response, context }: Arrival): void {
  dropRest(request, response);
  sendProblem(response, { code: 'body_too_large', headers: { connection: 'close' } }, context);
}

/** A name that nothing can have is not looked for. */
function fits({ params: declared }: NamedRoute, params: Readonly<Record<string, string>>): boolean {
  return declared === undefined || declared.safeParse(params).success;
}

type Permission = Extract<Authentication, { ok: true }> | { readonly ok: false; readonly fault: ProblemFault };

/** Who calls, where they may; the same object, for this stands on the way of every request. */
function permitted(who: Authentication, route: NamedRoute, scope: string): Permission {
  if (!who.ok) return { ok: false, fault: refusal(who) };
  if (!who.caller.scopes.includes(scope)) {
    return { ok: false, fault: { code: 'scope_missing', detail: `Use a key or a token that has the scope ${scope}.` } };
  }
  return isOpenTo(route, who.caller) ? who : { ok: false, fault: { code: 'row_refused' } };
}

function refusal({ code }: Extract<Authentication, { ok: false }>): ProblemFault {
  return code === 'not_ready' || code === 'issuer_unreachable'
    ? { code }
    : { code, headers: { 'www-authenticate': 'Bearer realm="tidegate"' } };
}
