import { createPackRoutes } from '../src/pack-routes.ts';
import type { PackRoutes } from '../src/pack-routes.ts';

/** The routes of a tenant acme whose pack `any` has the view `any`, at no route of its own, and the write `any`. */
export function oneView(): PackRoutes {
  const routes = createPackRoutes();
  const write = { route: 'POST /v1/any', params: {}, body: {}, checks: {}, rules: [], events_max: 500, waits: true, reads: {} };
  routes.put('acme', 'any', { pack: 'any', views: { any: { params: {}, queries: {}, answer: {} } }, writes: { any: write } });
  return routes;
}
