import type { FaultCode } from '@tidegate/core';
import { z } from 'zod';
import { EVENT_STATE_PARAMS, EVENT_STATE_QUERY, EVENT_STATE_SCHEMA } from '../event-state-schemas.ts';
import * as schemas from '../route-schemas.ts';
import { RECENT_QUERY, RECENT_SCHEMA, STREAM_QUERY, STREAM_SCHEMA } from '../stream-schemas.ts';
import { OF_GROUPS, UNCHANGED } from './route-declaration.ts';
import type { RouteDeclaration } from './route-declaration.ts';

const EVENT_TYPES = ['application/json', 'application/x-ndjson'] as const;

const SEGMENT_TYPES = ['application/json', 'text/plain'] as const;

const VERDICT_RESPONSES = {
  202: { description: 'All accepted: in the log, on all in-sync replicas.', schema: schemas.VERDICTS_SCHEMA },
  207: { description: 'Some accepted, some not.', schema: schemas.VERDICTS_SCHEMA },
  422: { description: 'None accepted, all rejected.', schema: schemas.VERDICTS_SCHEMA },
  503: { description: 'None accepted, some to be sent again.', schema: schemas.VERDICTS_SCHEMA },
} satisfies RouteDeclaration['responses'];

const INGEST_FAULTS: readonly FaultCode[] = [
  'bad_encoding',
  'bad_json',
  'bad_utf8',
  'body_too_large',
  'idempotency_key_invalid',
  'lane_unknown',
  'log_behind',
  'log_growing',
  'log_unavailable',
  'not_an_event',
  'overloaded',
  'unsupported_encoding',
  'unsupported_format',
];

const LANE = z.enum(['backfill']).optional().meta({
  description:
    'Asks for the backfill lane, whose events are counted when live ones leave time. What occurred more than a day ago goes there by itself.',
});

/** A route of Segment's HTTP API; its clients know it as `/v1/<call>` too. */
function segmentRoute(call: string, schema: z.ZodType) {
  return {
    method: 'POST',
    path: `/v1/segment/${call}`,
    summary: `Send Segment ${call} messages (also at /v1/${call})`,
    answers: 'ingest',
    scope: 'ingest:write',
    limitClass: 'ingest',
    ...OF_GROUPS,
    headers: z.object({ 'X-Tidegate-Lane': LANE }),
    body: { contentTypes: SEGMENT_TYPES, schema },
    responses: VERDICT_RESPONSES,
    faults: [...INGEST_FAULTS, 'segment_unmapped'],
  } as const;
}

/** Events in, receipts out. */
export const EVENT_ROUTES = {
  sendEvents: {
    method: 'POST',
    path: '/v1/events',
    summary: 'Send events',
    answers: 'ingest',
    scope: 'ingest:write',
    limitClass: 'ingest',
    ...OF_GROUPS,
    query: z.object({ verdicts: z.enum(['all']).optional().meta({ description: 'List the verdict of every event.' }) }),
    headers: z.object({
      'Content-Encoding': z.enum(['gzip', 'deflate', 'br', 'zstd']).optional(),
      'Idempotency-Key': z
        .string()
        .min(1)
        .max(64)
        .optional()
        .meta({ description: 'Makes ids for events that bring none. Send the whole request again with the same key.' }),
      'ce-specversion': z
        .literal('1.0')
        .optional()
        .meta({ description: 'CloudEvents binary mode: attributes in `ce-` headers, the body is the JSON of `data`.' }),
      'X-Tidegate-Lane': LANE,
    }),
    body: {
      contentTypes: EVENT_TYPES,
      schema: schemas.EVENTS_SCHEMA,
      others: {
        'application/cloudevents+json': schemas.CLOUD_EVENT_SCHEMA,
        'application/cloudevents-batch+json': z.array(schemas.CLOUD_EVENT_SCHEMA),
      },
    },
    responses: VERDICT_RESPONSES,
    faults: INGEST_FAULTS,
  },
  segmentTrack: segmentRoute('track', schemas.SEGMENT_MESSAGE_SCHEMA),
  segmentIdentify: segmentRoute('identify', schemas.SEGMENT_MESSAGE_SCHEMA),
  segmentPage: segmentRoute('page', schemas.SEGMENT_MESSAGE_SCHEMA),
  segmentScreen: segmentRoute('screen', schemas.SEGMENT_MESSAGE_SCHEMA),
  segmentGroup: segmentRoute('group', schemas.SEGMENT_MESSAGE_SCHEMA),
  segmentAlias: segmentRoute('alias', schemas.SEGMENT_MESSAGE_SCHEMA),
  segmentBatch: segmentRoute('batch', schemas.SEGMENT_BATCH_SCHEMA),
  readEventStats: {
    method: 'GET',
    path: '/v1/events/stats',
    summary: 'How the stream of events goes (also at /api/analytics/events/stats)',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    query: STREAM_QUERY,
    responses: { ...UNCHANGED, 200: { description: 'Counts by type, rates and lag of the last minutes.', schema: STREAM_SCHEMA } },
    faults: ['request_invalid', 'unavailable'],
  },
  readRecentEvents: {
    method: 'GET',
    path: '/v1/events/recent',
    summary: 'The newest events between two instants of the last seven days (also at /api/analytics/events/recent)',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    query: RECENT_QUERY,
    accesses: { resource: 'events', action: 'read' },
    responses: {
      200: { description: 'All of them with events:read; a person’s token is shown the person’s own.', schema: RECENT_SCHEMA },
    },
    faults: ['request_invalid', 'row_refused', 'scope_missing', 'unavailable'],
  },
  readEvent: {
    method: 'GET',
    path: '/v1/events/{id}',
    summary: 'What became of one event',
    answers: 'query',
    scope: 'events:read',
    limitClass: 'api_key',
    rows: 'confined',
    params: EVENT_STATE_PARAMS,
    query: EVENT_STATE_QUERY,
    responses: { ...UNCHANGED, 200: { description: 'Whether it is counted, and where it lies.', schema: EVENT_STATE_SCHEMA } },
    faults: ['request_invalid', 'unavailable'],
  },
  readReceipt: {
    method: 'GET',
    path: '/v1/receipts/{receipt}',
    summary: 'Whether the events of a receipt are counted',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'none',
    params: schemas.RECEIPT_PARAMS,
    query: schemas.RECEIPT_QUERY,
    responses: { ...UNCHANGED, 200: { description: 'How far the events are counted.', schema: schemas.RECEIPT_STATE_SCHEMA } },
    faults: ['not_found', 'request_invalid', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
