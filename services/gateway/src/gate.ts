import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, NamedRoute, ProblemFault, RequestContext, RequestTelemetry, Upgrade } from '@tidegate/http';
import { isOpenTo, listRoutes, mayAsk, sendProblem } from '@tidegate/http';
import type { Logger, Step } from '@tidegate/telemetry';
import type { Audit } from './audit/audit.ts';
import type { Authenticate, Authentication } from './authenticate.ts';
import type { ControlApp } from './control-app.ts';
import type { OriginBook } from './cors.ts';
import { isPreflight, letRead, preflight } from './cors.ts';
import type { IsOff } from './features.ts';
import type { Charge, GateLimits, RouteName } from './limits/gate-limits.ts';
import { NO_ROUTE } from './limits/gate-limits.ts';
import type { LiveSlot, LiveSlots } from './live-slots.ts';
import type { PackRoutes } from './pack-routes.ts';
import type { Proxy } from './proxy.ts';
import type { AskedRoute, Routed, Routing } from './routing.ts';
import { askedBy, createRouting, templateOf } from './routing.ts';
import { dropRest } from './request-body.ts';
import { createOwnRequests } from './subscriptions/own-requests.ts';
import type { SubscriptionSocketOptions } from './subscriptions/subscription-sockets.ts';
import { createSubscriptionSockets } from './subscriptions/subscription-sockets.ts';

export interface GateDependencies {
  readonly authenticate: Authenticate;
  readonly limits: GateLimits;
  /** Features that are switched off. */
  readonly isOff: IsOff;
  readonly proxy: Proxy;
  readonly controlApp: ControlApp;
  /** Pages that may read answers. */
  readonly origins: OriginBook;
  readonly audit: Audit;
  /** Bounds of answers that stay open. */
  readonly live: Pick<LiveSlots, 'enter'>;
  readonly sockets: Omit<SubscriptionSocketOptions, 'ask'>;
  /** Default: all that are declared. */
  readonly routes?: readonly NamedRoute[];
  readonly packRoutes: PackRoutes;
  readonly telemetry: RequestTelemetry;
  readonly step: Step;
  /** Of a body as it comes, before inflation. */
  readonly bodyBytesMax: number;
  readonly log: Logger;
}

/** Everybody: for routes that ask nobody who they are. */
const NOBODY: Caller = { tenant: '-', keyId: '-', scopes: [] };

const FREE_SLOT: LiveSlot = { ok: true };
const OFF: ProblemFault = { code: 'feature_disabled' };

interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
  /** The client asked for a WebSocket, which only live routes give. */
  readonly upgrade?: Upgrade;
}

/** A request and its answer; `upgrade`: it asks for a WebSocket. */
export type Gate = (request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade) => void;

/**
 * What every request passes, in this order: one reading of the path → route → who → how much → may they → through. The
 * proxied routes end in the proxy; administration and health, which are few, go on to Express.
 */
export function createGate(dependencies: GateDependencies): Gate {
  const { authenticate, limits, isOff, audit, origins, packRoutes, telemetry, step, bodyBytesMax, log } = dependencies;
  const through = createThrough(dependencies, gate);
  const route = createRouting(packRoutes, dependencies.routes ?? listRoutes());

  async function pass(arrival: Arrival, routed: Routed): Promise<void> {
    const { request, response, context } = arrival;
    const found = step('authenticate', () => authenticate(request.headers));
    // A turn of the event loop is waited for only where there is something to wait for: a key, or a known token, is not.
    const who = found instanceof Promise ? await found : found;
    if (!who.ok) return refuseCredential(arrival, routed.route, who);
    const { caller } = who;
    audit.identify(response, caller);
    letRead(origins, arrival, caller.tenant);
    const asked = askedBy(caller, routed, packRoutes);
    if (asked === null) return refuse(arrival, { code: 'not_found' }, limits.charge(request, NO_ROUTE, caller));
    const headers = enter(arrival, await limits.charge(request, asked.route, caller));
    // It left while its limit was looked up. Nothing is done for it, be it a question or a new key that nobody would see; its
    // token stays spent, or leaving early would be a way to ask for nothing.
    if (headers === null || response.closed) return;
    const refused = isOff(asked.route, caller) ? OFF : forbidden(asked.route, caller);
    if (refused !== null) return sendProblem(response, { ...refused, headers }, context);
    return audit.announce({ response, context, routed }, () => through({ ...arrival, ...asked, caller, headers }));
  }

  async function passAnybody(arrival: Arrival, found: NamedRoute, target: string): Promise<void> {
    const { request, response } = arrival;
    const headers = found.limitClass === null ? {} : enter(arrival, await limits.chargeNobody(request, found, false));
    if (headers === null || response.closed) return;
    return through({ ...arrival, route: found, target, caller: NOBODY, headers });
  }

  /** Counted by address: who guesses at keys is soon told to wait, and whose key was guessed at loses nothing. */
  async function refuseCredential(arrival: Arrival, found: RouteName, who: Extract<Authentication, { ok: false }>): Promise<void> {
    const fault = refusal(who);
    // It may be a good one that is not known yet.
    if (who.code === 'not_ready' || who.code === 'issuer_unreachable') return sendProblem(arrival.response, fault, arrival.context);
    await refuse(arrival, fault, limits.chargeNobody(arrival.request, found, who.code === 'credentials_invalid'));
  }

  /** What is refused for another reason is counted too, by address. */
  async function refuse(arrival: Arrival, fault: ProblemFault, charge: Promise<Charge>): Promise<void> {
    const headers = enter(arrival, await charge);
    if (headers !== null) sendProblem(arrival.response, { ...fault, headers: { ...headers, ...fault.headers } }, arrival.context);
  }

  /** Without a route: there is nothing to be had, and finding that out is not free either. */
  async function passRouted(arrival: Arrival, routed: Routing): Promise<void> {
    const { request } = arrival;
    if (!routed.ok && isPreflight(request)) {
      const headers = enter(arrival, await limits.chargeNobody(request, NO_ROUTE, false));
      return headers === null ? undefined : answerPreflight(arrival, { origins, fault: routed.fault, headers });
    }
    if (!routed.ok) return refuse(arrival, routed.fault, limits.chargeNobody(request, NO_ROUTE, false));
    if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) return refuseBody(arrival, bodyBytesMax);
    if (routed.kind === 'engine' && routed.route.scope === null) return passAnybody(arrival, routed.route, routed.target);
    return pass(arrival, routed);
  }

  function gate(request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): void {
    const routed = route(request);
    letRead(origins, { request, response }, null);
    const { span, context } = telemetry.begin(request, response, templateOf(routed));
    if (routed.ok) audit.begin({ response, context, routed });
    span
      .run(() => passRouted({ request, response, context, ...(upgrade === undefined ? {} : { upgrade }) }, routed))
      .catch((error: unknown) => {
        log.error('gate_failed', { error });
        sendProblem(response, { code: 'internal' }, context);
      });
  }
  return gate;
}

/** The headers that tell of the limit; null where the request was refused. */
function enter({ response, context }: Arrival, charge: Charge): Readonly<Record<string, string>> | null {
  if (charge.ok) return charge.headers;
  sendProblem(response, charge.fault, context);
  return null;
}

interface Preflight {
  readonly origins: OriginBook;
  /** What the path itself is answered with, for it takes no OPTIONS. */
  readonly fault: ProblemFault;
  readonly headers: Readonly<Record<string, string>>;
}

/** A browser asks for a page; it has no credential yet. */
function answerPreflight({ request, response, context }: Arrival, { origins, fault, headers }: Preflight): void {
  const isPath = fault.code === 'method_not_allowed';
  const answer = isPath ? preflight(origins, request, fault.headers?.['allow'] ?? '') : ({ ok: false, fault } as const);
  if (!answer.ok) return sendProblem(response, { ...answer.fault, headers: { ...headers, ...answer.fault.headers } }, context);
  response.writeHead(204, { ...headers, ...answer.headers, 'x-request-id': context.requestId }).end();
}

/** What was let in. */
interface Admitted extends Arrival {
  readonly route: AskedRoute;
  readonly target: string;
  readonly method?: 'POST';
  readonly caller: Caller;
  readonly headers: Readonly<Record<string, string>>;
}

function createThrough({ proxy, controlApp, live, sockets }: GateDependencies, serve: Gate): (admitted: Admitted) => Promise<void> | void {
  const openSocket = createSubscriptionSockets({ ...sockets, ask: createOwnRequests(serve) });
  return function through(admitted) {
    const { route, response, context, caller, headers, target, upgrade } = admitted;
    const { answers: upstream, isLive = false } = route;
    if (upstream === 'gateway') {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      return controlApp.handle(admitted);
    }
    const slot = isLive ? live.enter(caller, response) : FREE_SLOT;
    if (!slot.ok) return sendProblem(response, tooMany(slot, headers), context);
    // Nothing is named that it should show: that will be said by messages, each of which comes this way as a request of its own.
    if (isLive && upgrade !== undefined && !target.includes('?')) return openSocket({ ...admitted, upgrade });
    return proxy.forward({ ...admitted, upstream, isLive });
  };
}

/** What comes of the body is dropped, for a while: the answer could be lost if the connection were cut. */
function refuseBody({ request, response, context }: Arrival, bytesMax: number): void {
  dropRest(request, response, bytesMax);
  sendProblem(response, { code: 'body_too_large', headers: { connection: 'close' } }, context);
}

function tooMany({ scope, limit }: Extract<LiveSlot, { ok: false }>, headers: Readonly<Record<string, string>>): ProblemFault {
  return { code: 'live_connections_exceeded', headers, retryAfterS: 1, members: { scope, limit } };
}

/** Why the caller may not ask the route; null: it may. */
function forbidden(route: AskedRoute, caller: Caller): ProblemFault | null {
  const { scope } = route;
  if (scope !== null && !mayAsk({ ...route, scope }, caller)) {
    return { code: 'scope_missing', detail: `Use a key or a token that has the scope ${scope}.` };
  }
  return isOpenTo(route, caller) ? null : { code: 'row_refused' };
}

function refusal({ code }: Extract<Authentication, { ok: false }>): ProblemFault {
  return code === 'not_ready' || code === 'issuer_unreachable'
    ? { code }
    : { code, headers: { 'www-authenticate': 'Bearer realm="tidegate"' } };
}
