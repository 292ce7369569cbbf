/** What the router needs to know of a route: `{name}` in a path stands for one segment. */
export interface Routable {
  readonly method: string;
  readonly path: string;
}

export type RouteMatch<R> =
  | { readonly kind: 'found'; readonly route: R; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'method_not_allowed'; readonly allow: readonly string[] }
  | { readonly kind: 'not_found' };

interface Template<R> {
  readonly route: R;
  readonly segments: readonly string[];
}

const NO_PARAMS: Readonly<Record<string, string>> = {};

/**
 * Finds the route of a request on its normalised path. Literal segments win over parameters, whatever the order of the
 * list; HEAD is answered where GET is.
 */
export function createRouter<R extends Routable>(routes: readonly R[]): (method: string, path: string) => RouteMatch<R> {
  const literal = new Map<string, R>();
  const templates: Template<R>[] = [];
  for (const route of routes) {
    if (route.path.includes('{')) templates.push({ route, segments: route.path.split('/') });
    else literal.set(`${route.method} ${route.path}`, route);
  }
  templates.sort((a, b) => literalRank(b) - literalRank(a));
  const methods = [...new Set(routes.map((route) => route.method))];

  function find(method: string, path: string): RouteMatch<R> {
    const exact = literal.get(`${method} ${path}`);
    if (exact !== undefined) return { kind: 'found', route: exact, params: NO_PARAMS };
    const segments = path.split('/');
    for (const template of templates) {
      const params = template.route.method === method ? bind(template.segments, segments) : null;
      if (params !== null) return { kind: 'found', route: template.route, params };
    }
    return { kind: 'not_found' };
  }

  return function match(method, path) {
    const found = find(method === 'HEAD' ? 'GET' : method, path);
    if (found.kind === 'found') return found;
    const allow = methods.filter((other) => find(other, path).kind === 'found');
    return allow.length > 0 ? { kind: 'method_not_allowed', allow } : found;
  };
}

/** Compares two templates segment by segment from the left: a literal outranks a parameter. */
function literalRank({ segments }: Template<Routable>): number {
  return segments.reduce((rank, segment) => rank * 2 + (segment.startsWith('{') ? 0 : 1), 0);
}

function bind(template: readonly string[], segments: readonly string[]): Readonly<Record<string, string>> | null {
  if (template.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [at, wanted] of template.entries()) {
    const given = segments[at] ?? '';
    if (!wanted.startsWith('{')) {
      if (wanted !== given) return null;
      continue;
    }
    const value = decodeSegment(given);
    if (value === null || value === '') return null;
    params[wanted.slice(1, -1)] = value;
  }
  return params;
}

function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
