import * as chain from '../audit-chain-schemas.ts';
import * as audit from '../audit-schemas.ts';
import { JSON_BODY } from '../route-faults.ts';
import { JSON_ONLY, UNCHANGED } from './route-declaration.ts';
import type { RouteDeclaration } from './route-declaration.ts';

/** Who accessed what, and whether the figures are what the events give. */
export const AUDIT_ROUTES = {
  readAudit: {
    method: 'GET',
    path: '/v1/admin/audit',
    summary: 'Accesses to data of the tenant, as JSON or NDJSON',
    answers: 'query',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    accesses: { resource: 'audit', person: 'always' },
    query: chain.AUDIT_QUERY,
    responses: {
      200: {
        description:
          'Records with their places in the chain. As NDJSON a record is a line, and the next cursor a header, Tidegate-Next-Cursor.',
        schema: chain.AUDIT_SCHEMA,
        contentTypes: ['application/json', 'application/x-ndjson'],
      },
    },
    faults: ['cursor_invalid', 'request_invalid', 'unavailable'],
  },
  verifyAudit: {
    method: 'GET',
    path: '/v1/admin/audit/verify',
    summary: 'Check that no record of the audit was altered, removed, added or moved',
    answers: 'query',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    accesses: { resource: 'audit' },
    query: chain.AUDIT_VERIFY_QUERY,
    responses: { 200: { description: 'What was checked, and what is wrong.', schema: chain.AUDIT_VERIFIED_SCHEMA } },
    faults: ['request_invalid', 'unavailable'],
  },
  readRecounts: {
    method: 'GET',
    path: '/v1/audit/reconcile',
    summary: 'The latest recount of rollups from raw events, by metric, and the cells that were wrong',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    query: audit.RECOUNTS_QUERY,
    responses: {
      ...UNCHANGED,
      200: { description: 'A recount for each version of a metric, and what recounts found.', schema: audit.RECOUNTS_SCHEMA },
    },
    faults: ['not_found', 'request_invalid', 'unavailable'],
  },
  askRecount: {
    method: 'POST',
    path: '/v1/audit/reconcile',
    summary: 'Recount rollups from raw events now',
    answers: 'query',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    body: { contentTypes: JSON_ONLY, schema: audit.RECOUNT_ASK_SCHEMA, isOptional: true },
    responses: { 202: { description: 'It is asked for; `GET` tells how far it is.', schema: audit.RECOUNT_ASKED_SCHEMA } },
    faults: [...JSON_BODY, 'not_found', 'request_invalid', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
