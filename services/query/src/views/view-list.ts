/** A view as `GET /v1/packs/{pack}` shows it: what it takes and where it is had. */
import type { CompiledParam, CompiledView, RouteTemplate } from '@tidegate/core';

type Shown = Readonly<Record<string, unknown>>;

export function viewOfView({ pack, view, title, route, scope, cache, params, window }: CompiledView): Shown {
  return {
    view,
    title,
    path: `/v1/views/${pack}/${view}`,
    route: route === null ? null : `${route.method} ${route.path}`,
    scope,
    cache: cache?.name ?? null,
    params: viewOfParams(params, route),
    window,
  };
}

export function viewOfParams(params: readonly CompiledParam[], route: RouteTemplate | null): readonly Shown[] {
  return params.map((param) => ({ ...viewOfMember(param), in: route?.params.includes(param.name) === true ? 'path' : 'query' }));
}

type Member = Omit<CompiledParam, 'type'> & { readonly type: string };

export function viewOfMember({ name, type, isOptional, default: value, from, values, min, max }: Member): Shown {
  return {
    name,
    type,
    optional: isOptional || value !== undefined,
    ...(value === undefined ? {} : { default: value }),
    ...(from === undefined ? {} : { default_from: from }),
    ...(values === undefined ? {} : { enum: values }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}
