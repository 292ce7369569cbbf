import { z } from 'zod';
import * as jobs from '../job-schemas.ts';
import { JSON_BODY } from '../route-faults.ts';
import * as schemas from '../route-schemas.ts';
import { JSON_ONLY, UNCHANGED } from './route-declaration.ts';
import type { RouteDeclaration } from './route-declaration.ts';

/** Events that were refused, and what becomes of them. */
export const REJECTED_ROUTES = {
  listRejected: {
    method: 'GET',
    path: '/v1/rejected',
    summary: 'Rejected events, newest first',
    answers: 'query',
    scope: 'events:read',
    limitClass: 'api_key',
    query: schemas.REJECTED_QUERY,
    responses: {
      ...UNCHANGED,
      200: { description: 'A page of them; none holds anything of the event.', schema: schemas.REJECTED_LIST_SCHEMA },
    },
    faults: ['cursor_invalid', 'request_invalid', 'unavailable'],
  },
  readRejected: {
    method: 'GET',
    path: '/v1/rejected/{ref}',
    summary: 'One rejected event: why, and what became of it',
    answers: 'query',
    scope: 'events:read',
    limitClass: 'api_key',
    params: schemas.REJECTED_PARAMS,
    accesses: { id: 'ref' },
    responses: { ...UNCHANGED, 200: { description: 'The row, without the original.', schema: schemas.REJECTED_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
  readRejectedOriginal: {
    method: 'GET',
    path: '/v1/rejected/{ref}/original',
    summary: 'The bytes of a rejected event as they came',
    answers: 'ingest',
    scope: 'privacy:admin',
    limitClass: 'api_key',
    params: schemas.REJECTED_PARAMS,
    accesses: { id: 'ref', person: 'always' },
    responses: {
      200: {
        description: 'At most the first 64 KB. They may name a person in the clear.',
        schema: z.string(),
        contentTypes: ['application/octet-stream'],
      },
    },
    faults: ['not_found', 'unavailable'],
  },
  replayRejected: {
    method: 'POST',
    path: '/v1/rejected/{ref}/replay',
    summary: 'Send a rejected event again, as it was or corrected',
    answers: 'ingest',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    params: schemas.REJECTED_PARAMS,
    body: { contentTypes: JSON_ONLY, schema: schemas.EVENT_SCHEMA, isOptional: true },
    responses: {
      202: { description: 'Accepted; the row is closed. The same replay again gives the same receipt.', schema: schemas.VERDICTS_SCHEMA },
      422: { description: 'Refused again; the row has one attempt more.', schema: schemas.VERDICTS_SCHEMA },
      503: { description: 'To be sent again.', schema: schemas.VERDICTS_SCHEMA },
    },
    faults: [
      'bad_encoding',
      'bad_json',
      'bad_utf8',
      'body_too_large',
      'log_behind',
      'log_growing',
      'log_unavailable',
      'not_an_event',
      'not_found',
      'overloaded',
      'replay_differs',
      'replay_needs_event',
      'unavailable',
      'unsupported_encoding',
    ],
  },
  replayManyRejected: {
    method: 'POST',
    path: '/v1/rejected/replay',
    summary: 'Send many rejected events again, as a job',
    answers: 'ingest',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    body: { contentTypes: JSON_ONLY, schema: jobs.BULK_REPLAY_SCHEMA, isOptional: true },
    responses: {
      202: {
        description:
          'The job; an equal one that is not finished is that one. Its `progress` and its result tell how many rows were `replayed`, `refused` again (one attempt more), `passed_over` (another type or pack), `need_event` (the original is not kept whole) and `differ` (bound to another event).',
        schema: jobs.JOB_SCHEMA,
      },
    },
    faults: [...JSON_BODY, 'request_invalid', 'unavailable', 'unsupported_encoding'],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
