/** Which route a request means: one of the engine's, which come first, or one that a pack declares. */
import type { IncomingMessage } from 'node:http';
import type { Caller, NamedRoute, ProblemFault } from '@tidegate/http';
import { createRouter, normalisePath, notAllowed, ROUTES } from '@tidegate/http';
import type { PackRoute, PackRoutes } from './pack-routes.ts';
import { packTarget } from './pack-routes.ts';

/** Path and search, normalised: the same that is checked goes on. */
interface Target {
  readonly method: string;
  readonly path: string;
  readonly search: string;
}

/** Of a pack's route only one that some tenant has is known before the caller is. */
export type Routed =
  | {
      readonly ok: true;
      readonly kind: 'engine';
      readonly route: NamedRoute;
      readonly params: Readonly<Record<string, string>>;
      readonly target: string;
    }
  | { readonly ok: true; readonly kind: 'pack'; readonly route: PackRoute; readonly asked: Target };

export type Routing = Routed | { readonly ok: false; readonly fault: ProblemFault };

/** What the gate asks of a route, whoever declares it. */
export interface AskedRoute extends Pick<NamedRoute, 'name' | 'rows' | 'withholdsSmallGroups' | 'answers' | 'isLive'> {
  readonly method: string;
  /** Template: what limits go by. */
  readonly path: string;
  readonly scope: string | null;
  readonly isOfPerson?: boolean;
  /** What a pack declares, as rights name it. */
  readonly ofPack?: string;
}

/** What is asked, once it is known by whom. */
export interface Asked {
  readonly route: AskedRoute;
  readonly target: string;
  /** By which the service is asked; default: by which the gateway was. */
  readonly method?: 'POST';
}

export function createRouting(packRoutes: PackRoutes, routes: readonly NamedRoute[]): (request: IncomingMessage) => Routing {
  const match = createRouter(routes);
  return function route(request) {
    const read = normalisePath(request.url ?? '');
    if (!read.ok) return { ok: false, fault: { code: 'path_invalid' } };
    const method = request.method ?? '';
    const matched = match(method, read.path);
    if (matched.kind === 'found') {
      if (!fits(matched.route, matched.params)) return { ok: false, fault: { code: 'not_found' } };
      return { ok: true, kind: 'engine', route: matched.route, params: matched.params, target: read.path + read.search };
    }
    const ofPacks = packRoutes.matchAny(method, read.path);
    if (ofPacks.kind === 'found') {
      return { ok: true, kind: 'pack', route: ofPacks.route, asked: { method, path: read.path, search: read.search } };
    }
    const allow = [matched, ofPacks].flatMap((one) => (one.kind === 'method_not_allowed' ? one.allow : []));
    return { ok: false, fault: allow.length > 0 ? notAllowed([...new Set(allow)]) : { code: 'not_found' } };
  };
}

/** A name that nothing can have is not looked for. */
function fits({ params: declared }: NamedRoute, params: Readonly<Record<string, string>>): boolean {
  return declared === undefined || declared.safeParse(params).success;
}

/** For metrics and traces: a template, never what the caller wrote. */
export function templateOf(routed: Routing): string {
  return routed.ok ? routed.route.path : 'none';
}

/** Null: the caller's tenant has no such route. */
export function askedBy({ tenant }: Caller, routed: Routed, packRoutes: PackRoutes): Asked | null {
  if (routed.kind === 'engine') {
    const { route, params, target } = routed;
    const { pack = '', view, write } = params;
    if (route.name === 'readView') return askedOfPack(packRoutes.named(tenant, { pack, kind: 'view', name: view ?? '' }), target);
    if (route.name === 'runWrite') return askedOfPack(packRoutes.named(tenant, { pack, kind: 'write', name: write ?? '' }), target);
    return routed;
  }
  const { method, path, search } = routed.asked;
  const matched = packRoutes.match(tenant, method, path);
  return matched.kind === 'found' ? askedOfPack(matched.route, packTarget(matched.route, matched.params, search)) : null;
}

/** A view, or a write, is the same by whichever way it is asked: its own scope, and the limits of its declared route. */
function askedOfPack(found: PackRoute | null, target: string): Asked | null {
  if (found === null) return null;
  const { pack, kind, method, path, scope, isOfPerson = false } = found;
  const name = kind === 'view' ? 'readView' : 'runWrite';
  const { rows, withholdsSmallGroups, answers }: NamedRoute = { ...ROUTES[name], name };
  const held = withholdsSmallGroups === undefined ? {} : { withholdsSmallGroups };
  const route: AskedRoute = { name, rows, ...held, answers, method, path, scope, isOfPerson, ofPack: `${pack}.${found.name}` };
  return { route, target, ...(kind === 'write' ? { method: 'POST' } : {}) };
}
