/** Rights that end at some routes (`routes` of keys and tokens): whether those are there, and whether who gives them may. */
import type { Caller, ProblemFault } from '@tidegate/http';
import { invalidMember, ROUTES } from '@tidegate/http';
import type { PackRoute, PackRoutes } from './pack-routes.ts';

interface RoutesThere {
  readonly tenant: string;
  readonly packRoutes: Pick<PackRoutes, 'named'>;
  /** Of packs, what may be named. */
  readonly kinds: readonly PackRoute['kind'][];
}

/** A right to nothing is a mistake in a name; null: all are there. */
export function routesUnknown(asked: readonly string[] | null, { tenant, packRoutes, kinds }: RoutesThere): ProblemFault | null {
  const isThere = (route: string): boolean => {
    const [pack = '', name] = route.split('.');
    if (name === undefined) return Object.hasOwn(ROUTES, route);
    return kinds.some((kind) => packRoutes.named(tenant, { pack, kind, name }) !== null);
  };
  if (asked === null || asked.every(isThere)) return null;
  const message = 'holds a route that neither the engine nor a pack in place has';
  return invalidMember('routes', message);
}

/** Who is held to some routes gives those, by the same names, and no other; null as `asked`: all. */
export function routesBeyond(asked: readonly string[] | null, { routes }: Pick<Caller, 'routes'>): ProblemFault | null {
  if (routes === undefined || asked?.every((route) => routes.includes(route)) === true) return null;
  return { code: 'scope_missing', detail: 'Only who may call all of these routes may give the right to.' };
}
