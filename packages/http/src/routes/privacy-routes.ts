import * as erasures from '../erasure-schemas.ts';
import { JSON_BODY } from '../route-faults.ts';
import { JSON_ONLY } from './route-declaration.ts';
import type { RouteDeclaration } from './route-declaration.ts';

const ASKING = [...JSON_BODY, 'request_invalid', 'unavailable'] as const;
const OWN = {
  path: '/v1/gdpr/delete-account',
  answers: 'ingest',
  scope: 'query:read',
  limitClass: 'api_key',
  rows: 'confined',
  accesses: { resource: 'erasures', action: 'delete' },
  body: { contentTypes: JSON_ONLY, schema: erasures.OWN_ERASURE_ASK_SCHEMA },
  responses: { 202: { description: 'Taken; the same again is the same request.', schema: erasures.OWN_ERASURE_SCHEMA } },
  faults: [...ASKING, 'row_refused'],
} as const;

/** The rights of persons. */
export const PRIVACY_ROUTES = {
  createErasure: {
    method: 'POST',
    path: '/v1/privacy/erasures',
    summary: 'Erase a person',
    answers: 'ingest',
    scope: 'privacy:admin',
    limitClass: 'api_key',
    accesses: { resource: 'erasures', action: 'create' },
    body: { contentTypes: JSON_ONLY, schema: erasures.ERASURE_ASK_SCHEMA },
    responses: { 202: { description: 'Taken; the same person again is the same request.', schema: erasures.ERASURE_SCHEMA } },
    faults: ASKING,
  },
  readErasure: {
    method: 'GET',
    path: '/v1/privacy/erasures/{id}',
    summary: 'How far an erasure is',
    answers: 'ingest',
    scope: 'privacy:admin',
    limitClass: 'api_key',
    params: erasures.ERASURE_PARAMS,
    accesses: { resource: 'erasures', id: 'id' },
    responses: { 200: { description: 'Its state.', schema: erasures.ERASURE_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
  readCertificate: {
    method: 'GET',
    path: '/v1/privacy/erasures/{id}/certificate',
    summary: 'What was erased where, counted, and what stays',
    answers: 'ingest',
    scope: 'privacy:admin',
    limitClass: 'api_key',
    params: erasures.ERASURE_PARAMS,
    accesses: { resource: 'erasures', id: 'id' },
    responses: { 200: { description: 'The certificate.', schema: erasures.CERTIFICATE_SCHEMA } },
    faults: ['erasure_unfinished', 'not_found', 'unavailable'],
  },
  deleteAccount: { ...OWN, method: 'DELETE', summary: 'Erase everything about oneself' },
  deleteAccountByPost: { ...OWN, method: 'POST', summary: 'Erase everything about oneself, where DELETE cannot have a body' },
  readOwnErasure: {
    method: 'GET',
    path: '/v1/gdpr/requests/{id}',
    summary: 'How far the erasure of one’s own data is',
    answers: 'ingest',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    params: erasures.ERASURE_PARAMS,
    accesses: { resource: 'erasures', id: 'id' },
    responses: { 200: { description: 'Its state.', schema: erasures.OWN_ERASURE_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
