/** The routes of packs in the API document: each as it is asked, all else as of any view or any write. */
import type { CompiledMember, CompiledParam, ViewSignature, WriteSignature } from '@tidegate/core';

type JsonObject = Readonly<Record<string, unknown>>;

/** How the routes of packs are asked. */
export interface PackSignatures {
  readonly views: readonly ViewSignature[];
  readonly writes: readonly WriteSignature[];
}

/** The operations of a view and of a write by their names: their answers and refusals are those of any. */
export interface AnyOfPacks {
  readonly view: JsonObject;
  readonly write: JsonObject;
}

export interface PackOperation {
  readonly path: string;
  /** In lower case. */
  readonly method: string;
  readonly operation: JsonObject;
}

export function packOperations({ views, writes }: PackSignatures, any: AnyOfPacks): readonly PackOperation[] {
  return [
    ...views.map((view) => ({
      path: view.route?.path ?? `/v1/views/${view.pack}/${view.view}`,
      method: view.route?.method.toLowerCase() ?? 'get',
      operation: { ...any.view, operationId: `${view.pack}.${view.view}`, ...described(view, any.view) },
    })),
    ...writes.map((write) => ({
      path: write.route.path,
      method: write.route.method.toLowerCase(),
      operation: {
        ...any.write,
        operationId: `${write.pack}.${write.write}`,
        ...described(write, any.write),
        requestBody: requestBody(write),
      },
    })),
  ];
}

function described({ pack, scope, route, title, description, params }: ViewSignature | WriteSignature, any: JsonObject): JsonObject {
  const ofEngine = (any['parameters'] ?? []) as readonly { readonly in: string }[];
  return {
    tags: [pack],
    summary: title,
    ...(description === null ? {} : { description }),
    'x-required-scope': scope,
    parameters: [
      ...params.map((param) => parameterOf(param, route?.params.includes(param.name) === true)),
      ...ofEngine.filter((parameter) => parameter.in !== 'path'),
    ],
  };
}

function parameterOf(param: CompiledParam, isInPath: boolean): JsonObject {
  return {
    name: param.name,
    in: isInPath ? 'path' : 'query',
    required: isInPath || isRequired(param),
    ...(param.title === undefined ? {} : { description: param.title }),
    ...(param.type === 'list' ? { style: 'form', explode: false } : {}),
    schema: valueSchema(param),
  };
}

function requestBody({ body, isList }: WriteSignature): JsonObject {
  const required = body.filter(isRequired).map(({ name }) => name);
  const one = {
    type: 'object',
    properties: Object.fromEntries(body.map((member) => [member.name, memberOf(member)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
  return {
    required: required.length > 0,
    content: isList
      ? { 'application/json': { schema: { type: 'array', items: one } }, 'application/x-ndjson': { schema: one } }
      : { 'application/json': { schema: one } },
  };
}

function memberOf(member: CompiledMember): JsonObject {
  const titled = member.title === undefined ? {} : { description: member.title };
  // What it may hold is said by the type of the event, which takes it whole.
  if (member.type === 'json') return titled;
  return { ...valueSchema({ ...member, type: member.type }), ...titled };
}

function isRequired({ isOptional, default: value }: CompiledParam | CompiledMember): boolean {
  return !isOptional && value === undefined;
}

function valueSchema(param: CompiledParam): JsonObject {
  return { ...schemaOf(param), ...defaultOf(param) };
}

function schemaOf(param: CompiledParam): JsonObject {
  const { type, values, min, max, lengthMax } = param;
  const choices = values === undefined ? {} : { enum: values };
  switch (type) {
    case 'integer':
    case 'number':
      return { type, ...bounds({ minimum: min, maximum: max }) };
    case 'boolean':
      return { type };
    case 'list':
      return { type: 'array', items: { type: 'string', ...choices }, ...bounds({ minItems: min ?? 1, maxItems: max ?? 100 }) };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'instant':
      return { type: 'string', format: 'date-time' };
    case 'zone':
      return { type: 'string', description: 'An IANA time zone.' };
    case 'string':
    case 'subject':
    case 'id':
    case 'cursor':
      return { type: 'string', minLength: 1, maxLength: lengthMax, ...choices };
  }
}

function bounds(given: Readonly<Record<string, number | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** `now` and `caller` are words of packs, no values. */
function defaultOf({ type, default: value }: CompiledParam): JsonObject {
  if (value === undefined || type === 'subject' || type === 'instant') return {};
  return { default: type === 'list' ? String(value).split(',') : value };
}
