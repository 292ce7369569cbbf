import * as erasures from '../erasure-schemas.ts';
import * as exports from '../export-schemas.ts';
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

const EXPORTING = {
  responses: {
    200: {
      description: 'All that is held; a ZIP of CSV files where `Accept` names `application/zip`.',
      schema: exports.PERSON_EXPORT_SCHEMA,
      contentTypes: ['application/json', 'application/zip'],
    },
    202: {
      description: 'It is large, or takes long: a job makes it, and `poll_url` has its link then.',
      schema: exports.EXPORT_STATE_SCHEMA,
    },
  },
} as const;
const OWN_EXPORT = {
  path: '/v1/gdpr/export',
  answers: 'query',
  scope: 'query:read',
  limitClass: 'api_key',
  rows: 'confined',
  accesses: { resource: 'exports', action: 'read', person: 'always' },
  ...EXPORTING,
  faults: ['archive_damaged', 'archive_unread', 'not_found', 'row_refused', 'unavailable'],
} as const;

/** The rights of persons. */
export const PRIVACY_ROUTES = {
  exportOwn: { ...OWN_EXPORT, method: 'GET', summary: 'Everything held about oneself' },
  exportOwnByPost: {
    ...OWN_EXPORT,
    method: 'POST',
    summary: 'Everything held about oneself, as a request',
    body: { contentTypes: JSON_ONLY, schema: exports.OWN_EXPORT_ASK_SCHEMA, isOptional: true },
  },
  readOwnExport: {
    method: 'GET',
    path: '/v1/gdpr/exports/{id}',
    summary: 'How far the export of one’s own data is, and its link',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    params: exports.EXPORT_PARAMS,
    accesses: { resource: 'exports', id: 'id', person: 'always' },
    responses: { 200: { description: 'Its state.', schema: exports.EXPORT_STATE_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
  downloadExport: {
    method: 'GET',
    path: '/v1/gdpr/downloads/{link}',
    summary: 'Fetch an export by its link',
    answers: 'query',
    scope: null,
    limitClass: 'login',
    rows: 'none',
    params: exports.EXPORT_LINK_PARAMS,
    accesses: { resource: 'exports' },
    responses: {
      200: {
        description: 'The export; shorter than `Content-Length` where the person was erased meanwhile.',
        schema: exports.PERSON_EXPORT_SCHEMA,
        contentTypes: ['application/json', 'application/zip'],
      },
    },
    faults: ['not_found', 'unavailable'],
  },
  exportPerson: {
    method: 'POST',
    path: '/v1/privacy/exports',
    summary: 'Everything held about a person',
    answers: 'query',
    scope: 'privacy:admin',
    limitClass: 'api_key',
    accesses: { resource: 'exports', action: 'read', person: 'always' },
    body: { contentTypes: JSON_ONLY, schema: exports.EXPORT_ASK_SCHEMA },
    ...EXPORTING,
    faults: [...ASKING, 'archive_damaged', 'archive_unread', 'not_found'],
  },
  readExport: {
    method: 'GET',
    path: '/v1/privacy/exports/{id}',
    summary: 'How far an export is, and its link',
    answers: 'query',
    scope: 'privacy:admin',
    limitClass: 'api_key',
    params: exports.EXPORT_PARAMS,
    accesses: { resource: 'exports', id: 'id', person: 'always' },
    responses: { 200: { description: 'Its state.', schema: exports.EXPORT_STATE_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
  readSubject: {
    method: 'GET',
    path: '/v1/privacy/subjects/{pseudonym}',
    summary: 'Whom a pseudonym means',
    answers: 'ingest',
    scope: 'privacy:admin',
    limitClass: 'api_key',
    params: erasures.SUBJECT_PARAMS,
    accesses: { resource: 'subjects', action: 'read', person: 'always' },
    responses: {
      200: { description: 'The id, where a pack has it kept (`privacy: {mapping: true}`).', schema: erasures.NAMED_SUBJECT_SCHEMA },
    },
    faults: ['not_found', 'unavailable'],
  },
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
