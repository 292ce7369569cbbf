/** A view as `GET /v1/packs/{pack}` shows it: what it takes and where it is had. */
import type { CompiledView } from '@tidegate/core';

export function viewOfView({ pack, view, title, route, scope, cache, params, window }: CompiledView): Readonly<Record<string, unknown>> {
  return {
    view,
    title,
    path: `/v1/views/${pack}/${view}`,
    route: route === null ? null : `${route.method} ${route.path}`,
    scope,
    cache: cache?.name ?? null,
    params: params.map(({ name, type, isOptional, default: value, values, min, max }) => ({
      name,
      type,
      in: route?.params.includes(name) === true ? 'path' : 'query',
      optional: isOptional || value !== undefined,
      ...(value === undefined ? {} : { default: value }),
      ...(values === undefined ? {} : { enum: values }),
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
    })),
    window,
  };
}
