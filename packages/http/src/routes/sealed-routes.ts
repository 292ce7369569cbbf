import { AGES_REQUEST_SCHEMA, AGES_SCHEMA, OPEN_REQUEST_SCHEMA, OPENED_SCHEMA } from '../sealed-schemas.ts';
import { JSON_BODY } from '../route-faults.ts';
import { JSON_ONLY } from './route-declaration.ts';
import type { RouteDeclaration } from './route-declaration.ts';

/** Sealed values, opened by the one service that has the means ([sealed-fields.md](docs/design/sealed-fields.md), section 7). */
export const SEALED_ROUTES = {
  openSealed: {
    method: 'POST',
    path: '/internal/sealed/open',
    summary: 'Open sealed values of a person',
    answers: 'ingest',
    scope: null,
    limitClass: null,
    rows: 'confined',
    body: { contentTypes: JSON_ONLY, schema: OPEN_REQUEST_SCHEMA },
    responses: { 200: { description: 'Each value, or null, in order.', schema: OPENED_SCHEMA } },
    faults: [...JSON_BODY, 'request_invalid', 'unavailable'],
  },
  readAges: {
    method: 'POST',
    path: '/internal/sealed/ages',
    summary: 'How old persons are on a day, by their sealed dates of birth',
    answers: 'ingest',
    scope: null,
    limitClass: null,
    rows: 'confined',
    body: { contentTypes: JSON_ONLY, schema: AGES_REQUEST_SCHEMA },
    responses: { 200: { description: 'Each age, in order.', schema: AGES_SCHEMA } },
    faults: [...JSON_BODY, 'request_invalid', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
