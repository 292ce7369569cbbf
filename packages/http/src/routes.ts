import type { FaultCode } from '@tidegate/core';
import { z } from 'zod';
import { BUDGETS_QUERY, BUDGETS_SCHEMA } from './budget-schemas.ts';
import * as gaps from './gap-schemas.ts';
import * as jobs from './job-schemas.ts';
import { RESTATEMENTS_QUERY, RESTATEMENTS_SCHEMA } from './restatement-schemas.ts';
import { ANSWERING, JSON_BODY } from './route-faults.ts';
import type { Scope } from './admin-schemas.ts';
import type { Caller } from './caller.ts';
import { visibleRows } from './caller.ts';
import * as admin from './admin-schemas.ts';
import * as limits from './limit-schemas.ts';
import * as packs from './pack-schemas.ts';
import * as schemas from './route-schemas.ts';
import * as tokens from './token-schemas.ts';

export type Upstream = 'ingest' | 'query';
export type LimitClass = 'ingest' | 'api_key';

export interface RouteBody {
  readonly contentTypes: readonly string[];
  readonly schema: z.ZodType;
  /** Bodies of other content types. */
  readonly others?: Readonly<Record<string, z.ZodType>>;
  /** No body at all is the same as an empty object. */
  readonly isOptional?: boolean;
}

/** One route of the public API: what the gateway checks, where it leads, and what the API document says of it. */
export interface RouteDeclaration {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `{name}` stands for one segment. */
  readonly path: string;
  readonly summary: string;
  /** Which service answers; `gateway` itself for administration and health. */
  readonly answers: Upstream | 'gateway';
  /** Null: nobody needs to say who they are. */
  readonly scope: Scope | null;
  /** Null: never limited. */
  readonly limitClass: LimitClass | null;
  /**
   * How it stands to callers who may not see all rows: `confined`: its answers, or the events that it takes, are held to what
   * the caller may see; `none`: no row of anybody is in them. Absent: such callers are refused, so a new route shows nothing.
   */
  readonly rows?: 'confined' | 'none';
  /** Of the `{name}` segments; a path that does not fit names nothing and is 404. */
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: RouteBody;
  /** By status; null: no body. */
  readonly responses: Readonly<
    Record<number, { readonly description: string; readonly schema: z.ZodType | null; readonly contentTypes?: readonly string[] }>
  >;
  /** Codes of problems beyond those that every route may answer. */
  readonly faults: readonly FaultCode[];
}

const EVENT_TYPES = ['application/json', 'application/x-ndjson'] as const;
const SEGMENT_TYPES = ['application/json', 'text/plain'] as const;
const ANSWER_CONTENT_TYPES = ['application/json', 'application/x-ndjson', 'text/csv'] as const;
const JSON_ONLY = ['application/json'] as const;
const YAML_OR_JSON = ['application/json', 'application/yaml'] as const;

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
    rows: 'confined',
    headers: z.object({ 'X-Tidegate-Lane': LANE }),
    body: { contentTypes: SEGMENT_TYPES, schema },
    responses: VERDICT_RESPONSES,
    faults: [...INGEST_FAULTS, 'segment_unmapped'],
  } as const;
}

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

/** Every route, by name. The API document, the gateway's checks and the services' handler tables come from this list. */
export const ROUTES = {
  sendEvents: {
    method: 'POST',
    path: '/v1/events',
    summary: 'Send events',
    answers: 'ingest',
    scope: 'ingest:write',
    limitClass: 'ingest',
    rows: 'confined',
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
    responses: { 200: { description: 'How far the events are counted.', schema: schemas.RECEIPT_STATE_SCHEMA } },
    faults: ['not_found', 'request_invalid', 'unavailable'],
  },
  listRestatements: {
    method: 'GET',
    path: '/v1/restatements',
    summary: 'Closed buckets that were changed, and by what',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    query: RESTATEMENTS_QUERY,
    responses: { 200: { description: 'A page of them, by metric, version and bucket.', schema: RESTATEMENTS_SCHEMA } },
    faults: ['cursor_invalid', 'request_invalid', 'unavailable'],
  },
  listRejected: {
    method: 'GET',
    path: '/v1/rejected',
    summary: 'Rejected events, newest first',
    answers: 'query',
    scope: 'events:read',
    limitClass: 'api_key',
    query: schemas.REJECTED_QUERY,
    responses: { 200: { description: 'A page of them; none holds anything of the event.', schema: schemas.REJECTED_LIST_SCHEMA } },
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
    responses: { 200: { description: 'The row, without the original.', schema: schemas.REJECTED_SCHEMA } },
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
  listGaps: {
    method: 'GET',
    path: '/v1/admin/gaps',
    summary: 'Accepted events that the log lost before they were counted',
    answers: 'query',
    scope: 'ops:admin',
    limitClass: 'api_key',
    responses: { 200: { description: 'All gaps, newest first.', schema: gaps.GAPS_SCHEMA } },
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
  listJobs: {
    method: 'GET',
    path: '/v1/jobs',
    summary: 'Background jobs, newest first',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    query: jobs.JOBS_QUERY,
    responses: { 200: { description: 'Those of the key; with tenant:admin all of the tenant.', schema: jobs.JOBS_SCHEMA } },
    faults: ['cursor_invalid', 'request_invalid', 'unavailable'],
  },
  readJob: {
    method: 'GET',
    path: '/v1/jobs/{job}',
    summary: 'State of a job',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    params: jobs.JOB_PARAMS,
    responses: { 200: { description: 'The job.', schema: jobs.JOB_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
  cancelJob: {
    method: 'DELETE',
    path: '/v1/jobs/{job}',
    summary: 'Cancel a job',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    params: jobs.JOB_PARAMS,
    responses: { 200: { description: 'The job; one that is finished stays as it is. What was done stays done.', schema: jobs.JOB_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
  readJobResult: {
    method: 'GET',
    path: '/v1/jobs/{job}/result',
    summary: 'Result of a completed job',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    params: jobs.JOB_PARAMS,
    responses: { 200: { description: 'The result.', schema: jobs.JOB_RESULT_SCHEMA } },
    faults: ['job_without_result', 'not_found', 'unavailable'],
  },
  askQuestion: {
    method: 'POST',
    path: '/v1/query',
    summary: 'Ask a question',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    body: { contentTypes: JSON_ONLY, schema: schemas.ANY_QUESTION_SCHEMA },
    responses: {
      200: { description: 'The answer.', schema: schemas.ANSWER_SCHEMA, contentTypes: ANSWER_CONTENT_TYPES },
    },
    faults: [...JSON_BODY, ...ANSWERING],
  },
  askKept: {
    method: 'GET',
    path: '/v1/query',
    summary: 'Ask a question, and keep the answer',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    query: schemas.QUESTION_QUERY,
    responses: {
      200: {
        description:
          'The answer. `ETag` is of the rows and of what they were made from. Of `meta` the body holds what is the same whenever the rows are; all of it, made now, stands as JSON in the header `Tidegate-Meta`. `Cache-Control` follows `max_staleness_ms`.',
        schema: schemas.KEPT_ANSWER_SCHEMA,
        contentTypes: ANSWER_CONTENT_TYPES,
      },
      304: {
        description: 'The answer that `If-None-Match` names is what would be sent now. `Tidegate-Meta` says how fresh it is.',
        schema: null,
      },
    },
    faults: ['bad_json', 'request_invalid', ...ANSWERING],
  },
  askBatch: {
    method: 'POST',
    path: '/v1/query/batch',
    summary: 'Ask up to 20 questions',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    body: { contentTypes: JSON_ONLY, schema: schemas.BATCH_SCHEMA },
    responses: { 200: { description: 'An answer or a problem for each question, in their order.', schema: schemas.BATCH_ANSWERS_SCHEMA } },
    faults: [...JSON_BODY, 'request_invalid', ...ANSWERING],
  },
  listMetrics: {
    method: 'GET',
    path: '/v1/metrics',
    summary: 'Metrics that can be asked for',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    responses: { 200: { description: 'All metrics of the tenant.', schema: schemas.METRICS_SCHEMA } },
    faults: [],
  },
  readMetric: {
    method: 'GET',
    path: '/v1/metrics/{metric}',
    summary: 'Definition of a metric',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    params: schemas.METRIC_PARAMS,
    responses: { 200: { description: 'The metric.', schema: schemas.METRIC_SCHEMA } },
    faults: ['not_found'],
  },
  listBudgets: {
    method: 'GET',
    path: '/v1/budgets',
    summary: 'How many values dimensions have, by day; spent budgets and the fullest first',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    query: BUDGETS_QUERY,
    responses: { 200: { description: 'Budgets of the tenant.', schema: BUDGETS_SCHEMA } },
    faults: ['request_invalid', 'unavailable'],
  },
  listPacks: {
    method: 'GET',
    path: '/v1/packs',
    summary: 'Packs in place',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    responses: { 200: { description: 'All packs of the tenant.', schema: packs.PACKS_SCHEMA } },
    faults: [],
  },
  readPack: {
    method: 'GET',
    path: '/v1/packs/{pack}',
    summary: 'One pack with its source',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    params: packs.PACK_PARAMS,
    responses: { 200: { description: 'The pack.', schema: packs.PACK_SUMMARY_SCHEMA } },
    faults: ['not_found'],
  },
  readStatus: {
    method: 'GET',
    path: '/v1/status',
    summary: 'How far events are counted, and what the system stands on',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    responses: { 200: { description: 'Partitions, lag, complete-through, dependencies.', schema: schemas.STATUS_SCHEMA } },
    faults: [],
  },
  applyPack: {
    method: 'POST',
    path: '/v1/admin/packs',
    summary: 'Put a pack in place',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: YAML_OR_JSON, schema: packs.PACK_REQUEST_SCHEMA },
    responses: { 200: { description: 'In place; every service has it within 2 seconds.', schema: packs.PACK_APPLIED_SCHEMA } },
    faults: [...JSON_BODY, 'bad_yaml', 'not_found', 'pack_invalid', 'unavailable'],
  },
  validatePack: {
    method: 'POST',
    path: '/v1/admin/packs/validate',
    summary: 'Check a pack without putting it in place',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: YAML_OR_JSON, schema: packs.PACK_REQUEST_SCHEMA },
    responses: { 200: { description: 'What applying it would give.', schema: packs.PACK_APPLIED_SCHEMA } },
    faults: [...JSON_BODY, 'bad_yaml', 'not_found', 'pack_invalid', 'unavailable'],
  },
  diffPack: {
    method: 'POST',
    path: '/v1/admin/packs/diff',
    summary: 'What a pack would change',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: YAML_OR_JSON, schema: packs.PACK_REQUEST_SCHEMA },
    responses: { 200: { description: 'By event type and metric.', schema: packs.PACK_DIFF_SCHEMA } },
    faults: [...JSON_BODY, 'bad_yaml', 'not_found', 'pack_invalid', 'unavailable'],
  },
  previewPack: {
    method: 'POST',
    path: '/v1/admin/packs/preview',
    summary: 'What a pack would answer, by the newest events',
    answers: 'query',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    body: { contentTypes: JSON_ONLY, schema: packs.PACK_PREVIEW_REQUEST_SCHEMA },
    responses: { 200: { description: 'The same events by the old and by the new definition.', schema: packs.PACK_PREVIEW_SCHEMA } },
    faults: [...JSON_BODY, 'metric_unknown', 'pack_invalid', 'request_invalid', 'unavailable'],
  },
  rollbackPack: {
    method: 'POST',
    path: '/v1/admin/packs/{pack}/rollback',
    summary: 'Put in place again what the pack was before',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    params: packs.PACK_PARAMS,
    body: { contentTypes: JSON_ONLY, schema: packs.ROLLBACK_REQUEST_SCHEMA, isOptional: true },
    responses: { 200: { description: 'In place; every service has it within 2 seconds.', schema: packs.PACK_APPLIED_SCHEMA } },
    faults: ['not_found', 'pack_has_no_version_before', 'pack_invalid', 'unavailable'],
  },
  createKey: {
    method: 'POST',
    path: '/v1/admin/keys',
    summary: 'Make an API key',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: JSON_ONLY, schema: admin.KEY_REQUEST_SCHEMA },
    responses: { 201: { description: 'The key; its secret is shown this once.', schema: admin.KEY_CREATED_SCHEMA } },
    faults: [...JSON_BODY, 'not_found', 'request_invalid', 'unavailable'],
  },
  listKeys: {
    method: 'GET',
    path: '/v1/admin/keys',
    summary: 'API keys of the tenant',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    responses: { 200: { description: 'All keys, without their secrets.', schema: admin.KEYS_SCHEMA } },
    faults: ['unavailable'],
  },
  rotateKey: {
    method: 'POST',
    path: '/v1/admin/keys/{key}/rotate',
    summary: 'Give an API key a new secret; the old one is taken for a while longer',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    params: admin.KEY_PARAMS,
    body: { contentTypes: JSON_ONLY, schema: admin.ROTATE_REQUEST_SCHEMA, isOptional: true },
    responses: { 200: { description: 'The key; its new secret is shown this once.', schema: admin.KEY_CREATED_SCHEMA } },
    faults: [...JSON_BODY, 'key_not_active', 'key_rotated_too_often', 'not_found', 'request_invalid', 'unavailable'],
  },
  revokeKey: {
    method: 'DELETE',
    path: '/v1/admin/keys/{key}',
    summary: 'Revoke an API key',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    params: admin.KEY_PARAMS,
    responses: { 200: { description: 'Revoked; refused everywhere within 2 seconds.', schema: admin.KEY_SCHEMA } },
    faults: ['not_found', 'unavailable'],
  },
  createToken: {
    method: 'POST',
    path: '/v1/auth/tokens',
    summary: 'Make a short-lived token that shows some rows: for a dashboard or a page',
    answers: 'gateway',
    scope: 'query:read',
    limitClass: 'api_key',
    body: { contentTypes: JSON_ONLY, schema: tokens.TOKEN_REQUEST_SCHEMA },
    responses: {
      201: { description: 'The token; it ends with its time, or with the key that it was made with.', schema: tokens.TOKEN_SCHEMA },
    },
    faults: [...JSON_BODY, 'request_invalid'],
  },
  putIssuer: {
    method: 'POST',
    path: '/v1/admin/issuers',
    summary: 'Take the tokens of an issuer, or take them in another way',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: JSON_ONLY, schema: tokens.ISSUER_REQUEST_SCHEMA },
    responses: { 200: { description: 'In place; every gateway has it within 2 seconds.', schema: tokens.ISSUER_SCHEMA } },
    faults: [...JSON_BODY, 'issuer_taken', 'not_found', 'request_invalid', 'unavailable'],
  },
  listIssuers: {
    method: 'GET',
    path: '/v1/admin/issuers',
    summary: 'Issuers whose tokens are taken',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    responses: { 200: { description: 'All of the tenant.', schema: tokens.ISSUERS_SCHEMA } },
    faults: ['unavailable'],
  },
  removeIssuer: {
    method: 'DELETE',
    path: '/v1/admin/issuers/{issuer}',
    summary: 'Take the tokens of an issuer no longer',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    params: tokens.ISSUER_PARAMS,
    responses: {
      200: { description: 'Removed; its tokens are refused everywhere within 2 seconds.', schema: tokens.ISSUER_REMOVED_SCHEMA },
    },
    faults: ['not_found', 'unavailable'],
  },
  readLimits: {
    method: 'GET',
    path: '/v1/limits',
    summary: 'What the caller may still do now, by limit',
    answers: 'gateway',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'none',
    responses: {
      200: { description: 'The levels that count the caller; asking costs what any request does.', schema: limits.LIMITS_RESPONSE },
    },
    faults: ['unavailable'],
  },
  explainLimits: {
    method: 'POST',
    path: '/v1/limits/explain',
    summary: 'Which limits would decide over a request of the caller, and why',
    answers: 'gateway',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: JSON_ONLY, schema: limits.EXPLAIN_REQUEST_SCHEMA },
    responses: { 200: { description: 'Class, levels and who set each.', schema: limits.EXPLAIN_RESPONSE } },
    faults: [...JSON_BODY, 'not_found', 'request_invalid', 'unavailable'],
  },
  readTenantLimits: {
    method: 'GET',
    path: '/v1/admin/limits',
    summary: 'What the tenant has set of its limits',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    responses: { 200: { description: 'The record as it was set.', schema: limits.TENANT_LIMITS_RESPONSE } },
    faults: [],
  },
  putTenantLimits: {
    method: 'POST',
    path: '/v1/admin/limits',
    summary: 'Set the limits of the tenant, in place of what it had set',
    answers: 'gateway',
    scope: 'tenant:admin',
    limitClass: 'api_key',
    rows: 'none',
    body: { contentTypes: JSON_ONLY, schema: limits.TENANT_LIMITS_REQUEST },
    responses: { 200: { description: 'In force everywhere within a second.', schema: limits.TENANT_LIMITS_RESPONSE } },
    faults: [...JSON_BODY, 'limits_invalid', 'unavailable'],
  },
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

export type RouteName = keyof typeof ROUTES;
/** Names of the routes that one service answers: its handler table must hold exactly these. */
export type RouteNameOf<A extends RouteDeclaration['answers']> = {
  [N in RouteName]: (typeof ROUTES)[N]['answers'] extends A ? N : never;
}[RouteName];

export interface NamedRoute extends RouteDeclaration {
  readonly name: RouteName;
}

/** The routes as a list, in the order in which the API document shows them. */
export function listRoutes(): readonly NamedRoute[] {
  return Object.entries(ROUTES).map(([name, route]) => ({ ...route, name: name as RouteName }));
}

/** Whether a caller may come here at all, whatever is asked. */
export function isOpenTo({ name, rows }: Pick<NamedRoute, 'name' | 'rows'>, caller: Caller): boolean {
  if (caller.routes !== undefined && !caller.routes.includes(name)) return false;
  return rows !== undefined || visibleRows(caller) === null;
}
