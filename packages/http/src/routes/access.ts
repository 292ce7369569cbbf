import type { Access } from './route-declaration.ts';
import type { NamedRoute } from './routes.ts';

/**
 * By this header a service tells the gateway whose rows its answer holds: a pseudonym, or `*` for those of many persons. It goes
 * no further.
 */
export const SUBJECT_HEADER = 'x-tidegate-subject';

/** Beside it, which sealed fields of that person the answer shows opened: names with commas between them. */
export const OPENED_HEADER = 'x-tidegate-opened';

/**
 * Whether a route changes what an admin decides: nothing is done before it is written down that it is about to be. What takes
 * access away (a key, a user, an issuer that is deleted) is more urgent than its record, and is written down when it is done.
 */
export function isAdministration(route: NamedRoute): boolean {
  return route.scope?.endsWith(':admin') === true && route.method !== 'DELETE' && accessOf(route)?.action !== 'read';
}

const ACTIONS = { GET: 'read', POST: 'create', PUT: 'update', DELETE: 'delete' } as const;

/**
 * What a route accesses: what it declares, and what method and path say where it declares nothing, so that no route is left out.
 * Null: health and the API document, which hold no data.
 */
export function accessOf({ method, path, limitClass, answers, accesses = {} }: NamedRoute): Access | null {
  if (limitClass === null) return null;
  const segments = path.split('/').filter((segment) => !['', 'v1', 'admin', 'auth'].includes(segment));
  const person = answers === 'query' ? ({ person: 'told' } as const) : {};
  return { resource: segments[0] ?? 'api', action: ACTIONS[method], ...person, ...accesses };
}
