/** The views of a pack: all of them compiled, and their routes without their expressions. */
import type { PackSource } from '../pack/schema.ts';
import { compileParam, compileView, DEFAULT_SCOPE } from './compile-view.ts';
import type { CompiledParam, CompiledView } from './compiled-view.ts';
import { parseRoute } from './route-template.ts';
import type { RouteTemplate } from './route-template.ts';
import { compileSealed, INCLUDE_PARAM, takesInclude } from './sealed-members.ts';
import { windowParams } from './window.ts';

/** By name. Of a pack that was linted: what cannot be compiled all the same is left out. */
export function compileViews({ pack, views = {}, cache }: PackSource): ReadonlyMap<string, CompiledView> {
  const compiled = Object.entries(views).map(([name, view]) => compileView({ pack, name, view, cache }));
  return new Map(compiled.flatMap((one) => (one.ok ? [[one.value.view, one.value] as const] : [])));
}

/** What has to be known of a view to let a request in. */
export interface ViewRoute {
  readonly pack: string;
  readonly view: string;
  readonly scope: string;
  /** Whether it is about one person, whom each call names: the caller, where nobody is named. */
  readonly isOfPerson: boolean;
  /** Null: it is had under its name alone. */
  readonly route: RouteTemplate | null;
}

export function viewRoutes({ pack, views = {} }: Pick<PackSource, 'pack' | 'views'>): readonly ViewRoute[] {
  return Object.entries(views).map(([view, { route, params, others, scope = DEFAULT_SCOPE }]) => {
    const parsed = route === undefined ? null : parseRoute(route);
    const template = parsed?.ok === true ? parsed.value : null;
    const declared = Object.entries(params).map(([name, param]) => compileParam(name, param, template));
    return { pack, view, scope, isOfPerson: isOfPerson({ params: declared, refusesOthers: others === 'refused' }), route: template };
  });
}

/** Whether a view is about one person: whom each call names, or whose own the thing has to be. */
export function isOfPerson({ params, refusesOthers }: Pick<CompiledView, 'params' | 'refusesOthers'>): boolean {
  return refusesOthers || params.some(({ type, isOptional }) => type === 'subject' && !isOptional);
}

/** What callers are told of a view: how it is asked, with the parameters that its window declares. */
export interface ViewSignature extends ViewRoute {
  readonly title: string;
  readonly description: string | null;
  readonly params: readonly CompiledParam[];
}

export function viewSignatures(source: Pick<PackSource, 'pack' | 'views'>): readonly ViewSignature[] {
  return viewRoutes(source).flatMap((route) => {
    const view = source.views?.[route.view];
    if (view === undefined) return [];
    const own = Object.entries(view.params).map(([name, param]) => compileParam(name, param, route.route));
    const included = takesInclude({ sealed: compileSealed(view) }) ? [INCLUDE_PARAM] : [];
    const params = [...own, ...windowParams(view.window), ...included];
    return [{ ...route, title: view.title ?? route.view, description: view.description ?? null, params }];
  });
}
