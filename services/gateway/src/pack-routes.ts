/** The routes that packs declare, of every tenant in memory, fed by the control topic. */
import type { PackSource } from '@tidegate/core';
import { viewRoutes, viewSignatures, writeRoutes, writeSignatures } from '@tidegate/core';
import type { PackSignatures, RouteMatch } from '@tidegate/http';
import { createRouter } from '@tidegate/http';

/** What the gate has to know of a pack's route; `path` is a template. */
export interface PackRoute {
  readonly method: string;
  readonly path: string;
  readonly pack: string;
  readonly kind: 'view' | 'write';
  /** Of the view or the write. */
  readonly name: string;
  readonly scope: string;
  /** Of a view: whether it is about one person, whom each call names. */
  readonly isOfPerson?: boolean;
  /** Of a write by which persons are registered. */
  readonly registers?: boolean;
}

type Match = (method: string, path: string) => RouteMatch<PackRoute>;

export interface PackRoutes {
  /** Null: the pack is gone. */
  put(tenant: string, pack: string, source: Pick<PackSource, 'pack' | 'views' | 'writes'> | null): void;
  /** Whether any tenant has such a route: before anybody is authenticated there is no more to know. */
  readonly matchAny: Match;
  match(tenant: string, method: string, path: string): RouteMatch<PackRoute>;
  /** By its name; null: the tenant has none of it. */
  named(tenant: string, named: Pick<PackRoute, 'pack' | 'kind' | 'name'>): PackRoute | null;
  /** The write by which the tenant's persons are registered; null: none of its packs has one. */
  registration(tenant: string): PackRoute | null;
  /** How the tenant's views and writes are asked; the same object until one of its packs changes. */
  signatures(tenant: string): PackSignatures;
  /** Scopes that the tenant's packs declare. */
  scopes(tenant: string): ReadonlySet<string>;
}

/** By which a view is limited that declares no route. */
const UNNAMED_PATH = '/v1/views/{pack}/{view}';
const NO_SIGNATURES: PackSignatures = { views: [], writes: [] };
const NOTHING: Match = () => ({ kind: 'not_found' });

export function createPackRoutes(): PackRoutes {
  const tenants = new Map<string, Map<string, readonly PackRoute[]>>();
  const routers = new Map<string, Match>();
  const signatures = createSignatures();
  let any: Match = NOTHING;

  function put(tenant: string, pack: string, source: Parameters<PackRoutes['put']>[2]): void {
    const packs = tenants.get(tenant) ?? new Map<string, readonly PackRoute[]>();
    tenants.set(tenant, packs);
    const routes = source === null ? [] : routesOf(source);
    if (routes.length === 0 && !packs.has(pack)) return;
    packs.set(pack, routes);
    signatures.put(tenant, pack, source);
    routers.set(tenant, routerOf([...packs.values()].flat()));
    any = routerOf([...tenants.values()].flatMap((all) => [...all.values()].flat()));
  }

  return {
    put,
    matchAny: (method, path) => any(method, path),
    match: (tenant, method, path) => (routers.get(tenant) ?? NOTHING)(method, path),
    named: (tenant, { pack, kind, name }) =>
      tenants
        .get(tenant)
        ?.get(pack)
        ?.find((one) => one.kind === kind && one.name === name) ?? null,
    registration: (tenant) => [...(tenants.get(tenant)?.values() ?? [])].flat().find(({ registers }) => registers === true) ?? null,
    signatures: signatures.of,
    scopes: (tenant) => new Set([...(tenants.get(tenant)?.values() ?? [])].flat().map(({ scope }) => scope)),
  };
}

function routesOf(source: Pick<PackSource, 'pack' | 'views' | 'writes'>): readonly PackRoute[] {
  const views = viewRoutes(source).map(({ pack, view, scope, isOfPerson, route }): PackRoute => {
    return { method: route?.method ?? 'GET', path: route?.path ?? UNNAMED_PATH, pack, kind: 'view', name: view, scope, isOfPerson };
  });
  const writes = writeRoutes(source).map(({ pack, write, scope, registers, route: { method, path } }): PackRoute => {
    return { method, path, pack, kind: 'write', name: write, scope, registers };
  });
  return [...views, ...writes];
}

/** Made when they are asked for, which is when somebody reads the API document. */
function createSignatures(): { put: PackRoutes['put']; of: PackRoutes['signatures'] } {
  const sources = new Map<string, Map<string, Parameters<PackRoutes['put']>[2]>>();
  const made = new Map<string, PackSignatures>();
  return {
    put(tenant, pack, source) {
      const packs = sources.get(tenant) ?? new Map<string, Parameters<PackRoutes['put']>[2]>();
      sources.set(tenant, packs.set(pack, source));
      made.delete(tenant);
    },
    of(tenant) {
      const packs = sources.get(tenant);
      if (packs === undefined) return NO_SIGNATURES;
      const there = [...packs.values()].filter((source) => source !== null);
      const known = made.get(tenant) ?? { views: there.flatMap(viewSignatures), writes: there.flatMap(writeSignatures) };
      made.set(tenant, known);
      return known;
    },
  };
}

function routerOf(routes: readonly PackRoute[]): Match {
  const declared = routes.filter(({ path }) => path !== UNNAMED_PATH);
  return declared.length === 0 ? NOTHING : createRouter(declared);
}

/**
 * The one address of a view or a write for query: what stood in the path of its route goes along as parameters, before those
 * that the caller gave. A caller that gives one of them again gives it twice, which query refuses.
 */
export function packTarget({ pack, kind, name }: PackRoute, params: Readonly<Record<string, string>>, search: string): string {
  const ofPath = new URLSearchParams(params).toString();
  const given = search.startsWith('?') ? search.slice(1) : search;
  const query = [ofPath, given].filter((part) => part !== '').join('&');
  return `/v1/${kind}s/${pack}/${name}${query === '' ? '' : `?${query}`}`;
}
