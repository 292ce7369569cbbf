import type { RowScope } from '@tidegate/core';
import type { Caller } from '../caller.ts';
import { visibleRows } from '../caller.ts';
import { ACCESS_ROUTES } from './access-routes.ts';
import { ACCOUNT_ROUTES } from './account-routes.ts';
import { AUDIT_ROUTES } from './audit-routes.ts';
import { CACHE_ROUTES } from './cache-routes.ts';
import { EVENT_ROUTES } from './event-routes.ts';
import { GAP_ROUTES } from './gap-routes.ts';
import { HEALTH_ROUTES } from './health-routes.ts';
import { JOB_ROUTES } from './job-routes.ts';
import { PACK_ROUTES } from './pack-routes.ts';
import { PRIVACY_ROUTES } from './privacy-routes.ts';
import { QUESTION_ROUTES } from './question-routes.ts';
import { REJECTED_ROUTES } from './rejected-routes.ts';
import type { RouteDeclaration } from './route-declaration.ts';
import { SEALED_ROUTES } from './sealed-routes.ts';
import { WAREHOUSE_ROUTES } from './warehouse-routes.ts';
import { WRITE_ROUTES } from './write-routes.ts';

/** Every route, by name. The API document, the gateway's checks and the services' handler tables come from this list. */
export const ROUTES = {
  ...EVENT_ROUTES,
  ...QUESTION_ROUTES,
  ...WRITE_ROUTES,
  ...REJECTED_ROUTES,
  ...JOB_ROUTES,
  ...PACK_ROUTES,
  ...ACCOUNT_ROUTES,
  ...ACCESS_ROUTES,
  ...AUDIT_ROUTES,
  ...CACHE_ROUTES,
  ...PRIVACY_ROUTES,
  ...WAREHOUSE_ROUTES,
  ...GAP_ROUTES,
  ...HEALTH_ROUTES,
} as const satisfies Readonly<Record<string, RouteDeclaration>>;

/** What services ask one another, and nobody else can: the gateway knows none of it, and no API document shows it. */
export const INTERNAL_ROUTES = { ...SEALED_ROUTES } as const satisfies Readonly<Record<string, RouteDeclaration>>;

type PublicRouteName = keyof typeof ROUTES;
type InternalRouteName = keyof typeof INTERNAL_ROUTES;
export type RouteName = PublicRouteName | InternalRouteName;
/** Names of the routes that one service answers: its handler table must hold exactly these. */
export type RouteNameOf<A extends RouteDeclaration['answers']> =
  | { [N in PublicRouteName]: (typeof ROUTES)[N]['answers'] extends A ? N : never }[PublicRouteName]
  | { [N in InternalRouteName]: (typeof INTERNAL_ROUTES)[N]['answers'] extends A ? N : never }[InternalRouteName];

export interface NamedRoute extends RouteDeclaration {
  readonly name: RouteName;
}

/** The routes as a list, in the order in which the API document shows them. */
export function listRoutes(): readonly NamedRoute[] {
  return Object.entries(ROUTES).map(([name, route]) => ({ ...route, name: name as RouteName }));
}

/** What a service behind the gateway can be asked. */
export function listServedRoutes(): readonly NamedRoute[] {
  const internal = Object.entries(INTERNAL_ROUTES).map(([name, route]) => ({ ...route, name: name as RouteName }));
  return [...listRoutes(), ...internal];
}

/** A route as rights name it: by its operation, and where a pack declares it by that of the pack, such as `shop.orders`, too. */
export interface RightsRoute extends Pick<NamedRoute, 'name' | 'rows' | 'withholdsSmallGroups'> {
  readonly ofPack?: string;
}

/** Whether a caller may come here at all, whatever is asked. */
export function isOpenTo({ name, ofPack, ...route }: RightsRoute, { routes, ...caller }: Caller): boolean {
  const isNamed = routes === undefined || routes.includes(name) || (ofPack !== undefined && routes.includes(ofPack));
  return isNamed && holdsTo(route, visibleRows(caller));
}

function holdsTo({ rows, withholdsSmallGroups }: Omit<RightsRoute, 'name'>, seen: RowScope | null): boolean {
  if (seen === null || rows === 'none') return true;
  if (seen.k !== undefined && withholdsSmallGroups !== true) return false;
  return rows === 'confined' || isOfGroupsAlone(seen);
}

/** A key that is told of groups; whoever is held to more than that, a token for instance, comes to routes that hold to rows. */
function isOfGroupsAlone({ k, metrics, where, subject }: RowScope): boolean {
  return k !== undefined && metrics === null && subject === null && Object.keys(where).length === 0;
}

/** The same route with what its path says of the pack. */
export function withPackName(route: NamedRoute, { pack, view, write }: Readonly<Record<string, string>>): RightsRoute {
  const named = view ?? write;
  return pack === undefined || named === undefined ? route : { ...route, ofPack: `${pack}.${named}` };
}
