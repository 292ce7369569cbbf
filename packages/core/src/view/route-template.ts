/** Routes that packs declare: `GET /v1/goals/{user_id}`. */
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';

export interface RouteTemplate {
  readonly method: string;
  /** Without a slash at its end; `/api/v1/…` is written `/v1/…`. */
  readonly path: string;
  /** Names of its `{…}` segments. */
  readonly params: readonly string[];
}

const ROUTE = /^(GET|POST|PUT|PATCH|DELETE) (\/(?:v1|api)(?:\/(?:[a-z0-9][a-z0-9_.-]*|\{[a-z][a-z0-9_]*\}))+)\/?$/;

/** First segments after `/v1/` that are the engine's: no pack may declare a route under them. */
export const ENGINE_SEGMENTS: ReadonlySet<string> = new Set([
  ...['admin', 'alias', 'audit', 'auth', 'batch', 'budgets', 'cache', 'event-types', 'events', 'experiments', 'exports', 'funnels', 'gdpr'],
  ...['graphql', 'group', 'health', 'identify', 'insights', 'jobs', 'limits', 'live', 'metrics', 'packs', 'page', 'privacy', 'query'],
  ...['receipts', 'rejected', 'restatements', 'screen', 'segment', 'status', 'track', 'views', 'writes'],
]);

export function parseRoute(text: string): Result<RouteTemplate, string> {
  const match = ROUTE.exec(text);
  if (match === null) return failed('must be a method and a path of /v1/ or /api/ whose segments are lower case or {names}');
  const path = (match[2] ?? '').replace(/^\/api\/v1\//, '/v1/');
  const segments = path.split('/');
  if (segments[1] === 'v1' && ENGINE_SEGMENTS.has(segments[2] ?? '')) return failed('lies under a path of the engine');
  if (segments[2]?.startsWith('{') === true) return failed('must begin with a segment that is no parameter');
  const params = segments.filter((segment) => segment.startsWith('{')).map((segment) => segment.slice(1, -1));
  if (new Set(params).size < params.length) return failed('names a parameter twice');
  return ok({ method: match[1] ?? '', path, params });
}

/**
 * The same for two routes exactly when each request that fits the one fits the other: no literal segment decides between them.
 */
export function routeShape({ method, path }: Pick<RouteTemplate, 'method' | 'path'>): string {
  return `${method} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`;
}
