import { ANSWERING, JSON_BODY } from '../route-faults.ts';
import { VERDICTS_SCHEMA } from '../route-schemas.ts';
import { WRITE_ACCEPTED_SCHEMA, WRITE_ANSWER_SCHEMA, WRITE_BODY_SCHEMA, WRITE_HEADERS, WRITE_PARAMS } from '../view-schemas.ts';
import type { RouteDeclaration } from './route-declaration.ts';

/** Routes of packs that take an event. */
export const WRITE_ROUTES = {
  runWrite: {
    method: 'POST',
    path: '/v1/writes/{pack}/{write}',
    summary: 'A route of a pack that takes an event (also at the route that the pack declares, by its method)',
    answers: 'query',
    scope: 'ingest:write',
    limitClass: 'api_key',
    rows: 'confined',
    params: WRITE_PARAMS,
    headers: WRITE_HEADERS,
    body: { contentTypes: ['application/json', 'application/x-ndjson'], schema: WRITE_BODY_SCHEMA, isOptional: true },
    responses: {
      200: { description: 'Counted: the thing as it is now.', schema: WRITE_ANSWER_SCHEMA },
      201: {
        description:
          'Counted: the row as it is committed. The scope is the one that the write declares; `GET /v1/packs/{pack}` lists writes with their members.',
        schema: WRITE_ANSWER_SCHEMA,
      },
      202: { description: 'In the log, and not counted in time, or the write does not wait.', schema: WRITE_ACCEPTED_SCHEMA },
      207: { description: 'Of a list: some accepted, some not.', schema: VERDICTS_SCHEMA },
      422: { description: 'Of a list: none accepted, all rejected.', schema: VERDICTS_SCHEMA },
      503: { description: 'Of a list: none accepted, some to be sent again.', schema: VERDICTS_SCHEMA },
    },
    faults: [
      ...JSON_BODY,
      ...ANSWERING,
      'bad_encoding',
      'idempotency_key_invalid',
      'log_behind',
      'log_growing',
      'log_unavailable',
      'not_found',
      'request_invalid',
      'row_conflict',
      'unsupported_encoding',
      'upstream_unreachable',
      'view_failed',
      'view_too_large',
    ],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
