import { createPackRoutes } from '../src/pack-routes.ts';
import type { PackRoutes } from '../src/pack-routes.ts';

/** The routes of a tenant acme whose pack `any` has the view `any`, at no route of its own. */
export function oneView(): PackRoutes {
  const routes = createPackRoutes();
  routes.put('acme', 'any', { pack: 'any', views: { any: { params: {}, queries: {}, answer: {} } } });
  return routes;
}
