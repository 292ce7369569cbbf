/** The routes of packs in the API document: each view as it is asked, all else as of any view. */
import type { CompiledParam, ViewSignature } from '@tidegate/core';

type JsonObject = Readonly<Record<string, unknown>>;

/** By path and method; `anyView` is the operation of a view by its name, of which answers and refusals are the same. */
export function viewPaths(views: readonly ViewSignature[], anyView: JsonObject): Record<string, Record<string, JsonObject>> {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const view of views) {
    const path = view.route?.path ?? `/v1/views/${view.pack}/${view.view}`;
    (paths[path] ??= {})[view.route?.method.toLowerCase() ?? 'get'] = viewOperation(view, anyView);
  }
  return paths;
}

function viewOperation(view: ViewSignature, anyView: JsonObject): JsonObject {
  const { pack, scope, route, title, description } = view;
  const ofEngine = (anyView['parameters'] ?? []) as readonly { readonly in: string }[];
  return {
    ...anyView,
    operationId: `${pack}.${view.view}`,
    tags: [pack],
    summary: title,
    ...(description === null ? {} : { description }),
    'x-required-scope': scope,
    parameters: [
      ...view.params.map((param) => parameterOf(param, route?.params.includes(param.name) === true)),
      ...ofEngine.filter((parameter) => parameter.in !== 'path'),
    ],
  };
}

function parameterOf(param: CompiledParam, isInPath: boolean): JsonObject {
  return {
    name: param.name,
    in: isInPath ? 'path' : 'query',
    required: isInPath || (!param.isOptional && param.default === undefined),
    ...(param.title === undefined ? {} : { description: param.title }),
    ...(param.type === 'list' ? { style: 'form', explode: false } : {}),
    schema: schemaOf(param),
  };
}

function schemaOf(param: CompiledParam): JsonObject {
  const { type, values, min, max, lengthMax } = param;
  const written = defaultOf(param);
  const choices = values === undefined ? {} : { enum: values };
  switch (type) {
    case 'integer':
    case 'number':
      return { type, ...bounds({ minimum: min, maximum: max }), ...written };
    case 'boolean':
      return { type, ...written };
    case 'list':
      return { type: 'array', items: { type: 'string', ...choices }, ...bounds({ minItems: min ?? 1, maxItems: max ?? 100 }), ...written };
    case 'date':
      return { type: 'string', format: 'date', ...written };
    case 'instant':
      return { type: 'string', format: 'date-time' };
    case 'zone':
      return { type: 'string', description: 'An IANA time zone.', ...written };
    case 'string':
    case 'subject':
    case 'id':
    case 'cursor':
      return { type: 'string', minLength: 1, maxLength: lengthMax, ...choices, ...written };
  }
}

function bounds(given: Readonly<Record<string, number | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** `now` and `caller` are words of packs, no values. */
function defaultOf({ type, default: value }: CompiledParam): JsonObject {
  if (value === undefined || type === 'subject') return {};
  return { default: type === 'list' ? String(value).split(',') : value };
}
