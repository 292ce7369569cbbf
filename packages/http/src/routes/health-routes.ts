import { z } from 'zod';
import * as schemas from '../route-schemas.ts';
import type { RouteDeclaration } from './route-declaration.ts';

const WHOLE_HEALTH = { 200: 'Serving, whatever its dependencies do.', 503: 'Stopping.' };

/** What people and monitors ask about the gateway, without a key and as often as they like. */
function healthRoute(path: string, summary: string, described: Readonly<Record<number, string>>) {
  const responses = Object.entries(described).map(([status, description]) => [status, { description, schema: schemas.HEALTH_SCHEMA }]);
  return {
    method: 'GET',
    path,
    summary,
    answers: 'gateway',
    scope: null,
    limitClass: null,
    faults: [],
    responses: Object.fromEntries(responses) as RouteDeclaration['responses'],
  } as const;
}

/** What people and monitors ask about the gateway itself, without a key. */
export const HEALTH_ROUTES = {
  health: healthRoute('/health', 'State of the gateway and what it stands on', WHOLE_HEALTH),
  healthVersioned: healthRoute('/v1/health', 'The same as `/health`', WHOLE_HEALTH),
  healthLive: healthRoute('/health/live', 'Whether the process runs', { 200: 'It does.' }),
  healthReady: healthRoute('/health/ready', 'Whether requests are taken', { 200: 'They are.', 503: 'Stopping.' }),
  docs: {
    method: 'GET',
    path: '/docs',
    summary: 'This document as a page to read',
    answers: 'gateway',
    scope: null,
    limitClass: null,
    responses: { 200: { description: 'Routes, schemas and errors.', schema: z.string(), contentTypes: ['text/html'] } },
    faults: [],
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document, for programs',
    answers: 'gateway',
    scope: null,
    limitClass: null,
    responses: { 200: { description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) } },
    faults: [],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
