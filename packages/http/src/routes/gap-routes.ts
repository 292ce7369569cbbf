import * as gaps from '../gap-schemas.ts';
import { JSON_BODY } from '../route-faults.ts';
import { JSON_ONLY, UNCHANGED } from './route-declaration.ts';
import type { RouteDeclaration } from './route-declaration.ts';

/** Accepted events that the log lost. */
export const GAP_ROUTES = {
  listGaps: {
    method: 'GET',
    path: '/v1/admin/gaps',
    summary: 'Accepted events that the log lost before they were counted',
    answers: 'query',
    scope: 'ops:admin',
    limitClass: 'api_key',
    responses: { ...UNCHANGED, 200: { description: 'All gaps, newest first.', schema: gaps.GAPS_SCHEMA } },
    faults: ['unavailable'],
  },
  acknowledgeGap: {
    method: 'POST',
    path: '/v1/admin/gaps/{gap}/acknowledge',
    summary: 'Say that a gap is known; answers are no longer incomplete for it',
    answers: 'query',
    scope: 'ops:admin',
    limitClass: 'api_key',
    params: gaps.GAP_PARAMS,
    body: { contentTypes: JSON_ONLY, schema: gaps.GAP_WORD_SCHEMA },
    responses: { 200: { description: 'The gap; the first word on it stays.', schema: gaps.GAP_SCHEMA } },
    faults: [...JSON_BODY, 'not_found', 'request_invalid', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
