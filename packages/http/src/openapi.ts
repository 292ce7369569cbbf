import type { FaultCode } from '@tidegate/core';
import { FAULTS } from '@tidegate/core';
import { z } from 'zod';
import { packOperations } from './openapi-packs.ts';
import type { PackSignatures } from './openapi-packs.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { PROBLEM_SCHEMA } from './route-schemas.ts';
import { accessOf, isAdministration } from './routes/access.ts';
import type { RouteBody, RouteDeclaration } from './routes/route-declaration.ts';
import type { NamedRoute } from './routes/routes.ts';
import { listRoutes } from './routes/routes.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export interface OpenApiOptions {
  readonly version: string;
  /** Of the packs that are installed; default: none is. */
  readonly packs?: PackSignatures;
}

/** Faults that come before a route is even known, or from what stands in front of it. */
const ALWAYS: readonly FaultCode[] = ['path_invalid', 'body_too_large', 'internal'];
const AUTHENTICATED: readonly FaultCode[] = [
  'credentials_missing',
  'credentials_invalid',
  'issuer_unreachable',
  'row_refused',
  'scope_missing',
  'not_ready',
];
/** Where an answer may hold data of persons, or an admin changes something. */
const AUDITED: readonly FaultCode[] = ['audit_unavailable'];
const PROXIED: readonly FaultCode[] = ['overloaded', 'request_timeout', 'upstream_unreachable', 'upstream_timeout'];

/** The OpenAPI 3.1 document of the public API, made from the declared routes and those of packs, and from nothing else. */
export function openApiDocument({ version, packs = { views: [], writes: [] } }: OpenApiOptions): JsonObject {
  const components: Components = {};
  jsonSchema(PROBLEM_SCHEMA, 'output', components);
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of listRoutes()) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase()] = operation(route, components);
  }
  const any = { view: paths['/v1/views/{pack}/{view}']?.['get'] ?? {}, write: paths['/v1/writes/{pack}/{write}']?.['post'] ?? {} };
  for (const { path, method, operation: ofPack } of packOperations(packs, any)) (paths[path] ??= {})[method] = ofPack;
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: {
      title: 'Tidegate',
      version,
      description:
        'Events in, answers out. `/api/v1/…` is the same as `/v1/…`. Errors are RFC 9457 problem documents; limits are told in ' +
        'X-RateLimit-* and RateLimit headers, which are absent while limits cannot be counted.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        basic: { type: 'http', scheme: 'basic', description: 'The key as user name, no password.' },
      },
    },
  };
}

const IF_NONE_MATCH = { name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' } } as const;
const ETAG = {
  description: 'What `If-None-Match` may name. Absent where nobody may keep the answer.',
  schema: { type: 'string' },
} as const;

function operation(route: NamedRoute, components: Components): JsonObject {
  const parameters = [
    ...parametersIn('path', route.params, components).map((parameter) => ({ ...parameter, required: true })),
    ...parametersIn('query', route.query, components),
    ...parametersIn('header', route.headers, components),
    ...(304 in route.responses ? [IF_NONE_MATCH] : []),
  ];
  return {
    operationId: route.name,
    summary: route.summary,
    ...(route.scope === null ? {} : { 'x-required-scope': route.scope, security: [{ bearer: [] }, { header: [] }, { basic: [] }] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: route.body.isOptional !== true,
            content: bodies(route.body, components),
          },
        }),
    responses: responses(route, components),
  };
}

function responses(route: NamedRoute, components: Components): JsonObject {
  const byStatus: Record<string, JsonObject> = {};
  for (const [status, { description, schema, contentTypes = ['application/json'] }] of Object.entries<
    RouteDeclaration['responses'][number]
  >(route.responses)) {
    byStatus[status] = {
      description,
      ...(304 in route.responses && (status === '200' || status === '304') ? { headers: { ETag: ETAG } } : {}),
      ...(schema === null ? {} : { content: content(contentTypes, jsonSchema(schema, 'output', components)) }),
    };
  }
  for (const [status, codes] of Map.groupBy(faultsOf(route), (code) => String(FAULTS[code].status))) {
    const problem = { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } };
    const described = codes.map((code) => `\`${code}\`: ${FAULTS[code].meaning}`).join('\n\n');
    const known = byStatus[status];
    byStatus[status] = {
      description: known === undefined ? described : `${String(known['description'])}\n\n${described}`,
      content: { ...(known?.['content'] as JsonObject | undefined), ...problem },
    };
  }
  return byStatus;
}

/** Every code that a route may answer as a problem: its own, and those of all routes of its kind. */
export function faultsOf(route: NamedRoute): FaultCode[] {
  return [
    ...new Set<FaultCode>([
      ...route.faults,
      ...ALWAYS,
      ...(route.scope === null ? [] : AUTHENTICATED),
      ...(route.params === undefined ? [] : (['not_found'] as const)),
      ...(route.limitClass === null ? [] : (['quota_exceeded'] as const)),
      ...(accessOf(route)?.person !== undefined || isAdministration(route) ? AUDITED : []),
      ...(route.answers === 'gateway' ? [] : PROXIED),
      ...(route.isLive === true ? (['live_connections_exceeded'] as const) : []),
    ]),
  ].toSorted();
}

function bodies({ contentTypes, schema, others = {} }: RouteBody, components: Components): JsonObject {
  const of = (type: z.ZodType): JsonObject => jsonSchema(type, 'input', components);
  return Object.assign(content(contentTypes, of(schema)), ...Object.entries(others).map(([type, other]) => content([type], of(other))));
}

function content(types: readonly string[], schema: JsonObject): JsonObject {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function parametersIn(place: 'path' | 'query' | 'header', declared: z.ZodObject | undefined, components: Components): JsonObject[] {
  if (declared === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(declared, 'input', components) as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: place, required: required.includes(name), schema }));
}

/** Schemas that have a name, under it. */
type Components = Record<string, JsonObject>;

/** Schemas with an id become components of the document, and what refers to them points there. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', components: Components): JsonObject {
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline', target: 'draft-2020-12' });
  const {
    $schema: _dialect,
    $defs: definitions = {},
    ...rest
  } = pointToComponents(made) as { $defs?: Record<string, JsonObject> } & JsonObject;
  for (const [id, definition] of Object.entries(definitions)) components[id] = withoutId(definition);
  return withoutId(rest);
}

/** The name is the component's key; as `id` it is no word of JSON Schema 2020-12. */
function withoutId({ id: _id, ...rest }: JsonObject): JsonObject {
  return rest;
}

function pointToComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointToComponents);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, member]): [string, unknown] =>
    name === '$ref' && typeof member === 'string'
      ? [name, member.replace('#/$defs/', '#/components/schemas/')]
      : [name, pointToComponents(member)],
  );
  return Object.fromEntries(entries);
}
