/** Whether a route (method and path template) is one that a pattern means. */
export type RoutePattern = (method: string, path: string) => boolean;

/**
 * `POST /v1/query`, `* /v1/admin/**`: a method or any, and a path in which `*` or `{name}` stands for one segment and a last
 * `**` for any number of them.
 */
export function compileRoutePattern(pattern: string): RoutePattern {
  const [wantedMethod = '', wantedPath = ''] = pattern.split(' ', 2);
  const wanted = wantedPath.split('/');
  const hasRest = wanted.at(-1) === '**';
  const fixed = hasRest ? wanted.slice(0, -1) : wanted;
  return function matches(method, path) {
    if (wantedMethod !== '*' && wantedMethod !== method) return false;
    const segments = path.split('/');
    if (hasRest ? segments.length < fixed.length : segments.length !== fixed.length) return false;
    return fixed.every((segment, at) => segment === '*' || segment.startsWith('{') || segment === segments[at]);
  };
}
