import * as answers from '../answer-schemas.ts';
import { BUDGETS_QUERY, BUDGETS_SCHEMA } from '../budget-schemas.ts';
import { PROCESSING_SCHEMA } from '../job-schemas.ts';
import * as packs from '../pack-schemas.ts';
import { RESTATEMENTS_QUERY, RESTATEMENTS_SCHEMA } from '../restatement-schemas.ts';
import { ANSWERING, JSON_BODY } from '../route-faults.ts';
import * as schemas from '../route-schemas.ts';
import { INSIGHTS_PARAMS, INSIGHTS_QUERY, INSIGHTS_SCHEMA, VIEW_ANSWER_SCHEMA, VIEW_PARAMS, VIEW_QUERY } from '../view-schemas.ts';
import { JSON_ONLY } from './route-declaration.ts';
import type { RouteDeclaration } from './route-declaration.ts';

/** What takes long becomes a job. */
const PROCESSING = {
  description:
    'The answer is being made by a job; the same call has it once the job is completed. Of questions that read raw events and of views that say `background`, where the answer takes longer than `ANSWER_WITHIN_MS`; of others where the request says `Prefer: respond-async`. `Prefer: wait=<seconds>` waits longer.',
  schema: PROCESSING_SCHEMA,
} as const;

const ANSWER_CONTENT_TYPES = ['application/json', 'application/x-ndjson', 'text/csv', 'application/vnd.apache.parquet'] as const;

/** Questions, and what can be asked. */
export const QUESTION_ROUTES = {
  askQuestion: {
    method: 'POST',
    path: '/v1/query',
    summary: 'Ask a question',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    body: { contentTypes: JSON_ONLY, schema: schemas.ANY_QUESTION_SCHEMA },
    accesses: { resource: 'answers', action: 'read' },
    responses: {
      200: { description: 'The answer.', schema: answers.ANSWER_SCHEMA, contentTypes: ANSWER_CONTENT_TYPES },
      202: PROCESSING,
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
    accesses: { resource: 'answers', action: 'read' },
    responses: {
      200: {
        description:
          'The answer. `ETag` is of the rows and of what they were made from. Of `meta` the body holds what is the same whenever the rows are; all of it, made now, stands as JSON in the header `Tidegate-Meta`. `Cache-Control` follows `max_staleness_ms`.',
        schema: answers.KEPT_ANSWER_SCHEMA,
        contentTypes: ANSWER_CONTENT_TYPES,
      },
      202: PROCESSING,
      304: {
        description: 'The answer that `If-None-Match` names is what would be sent now. `Tidegate-Meta` says how fresh it is.',
        schema: null,
      },
    },
    faults: ['bad_json', 'request_invalid', ...ANSWERING],
  },
  watch: {
    method: 'GET',
    path: '/v1/live',
    summary: 'Watch an answer: Server-Sent Events, or messages of a WebSocket, of the rows that change',
    answers: 'query',
    scope: 'live:read',
    limitClass: 'api_key',
    rows: 'confined',
    isLive: true,
    query: schemas.LIVE_QUERY,
    responses: {
      101: {
        description:
          'A WebSocket (RFC 6455) where the client asks for one: JSON messages of the same, with `type` (`snapshot`, `update`, `ping`, `error`) and `id`. Without a query the client says what it watches: `{"op": "subscribe", "topic": "metric/{name}" | "view/{pack}/{view}" | "job/{id}" | "events" | "events/{type}", "params": {…}, "subscription"?, "last_event_id"?}` and `{"op": "unsubscribe", "subscription"}`; each is let in, limited and written down like this request with the same in its query, what is told names its `subscription`, and `error` holds a `reason` or the `problem`. A page offers its key or token as the subprotocol `tidegate.key.…` beside `tidegate.v1`.',
        schema: null,
      },
      200: {
        description:
          'Events `snapshot` (`columns`, `rows`, `meta`), `update` (`rows` that changed, keys of `removed` ones, `meta`), `ping` every 25 s, and `error` with a `reason` before the stream ends. `Last-Event-ID` goes on after the event of that id, or begins with a snapshot.',
        schema: null,
        contentTypes: ['text/event-stream'],
      },
    },
    faults: ['overloaded', 'request_invalid', ...ANSWERING],
  },
  askFunnel: {
    method: 'POST',
    path: '/v1/funnels',
    summary: 'Ask how many persons go from step to step',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    body: { contentTypes: JSON_ONLY, schema: schemas.FUNNEL_BODY_SCHEMA },
    accesses: { resource: 'answers', action: 'read' },
    responses: {
      200: { description: 'The funnel.', schema: answers.ANSWER_SCHEMA, contentTypes: ANSWER_CONTENT_TYPES },
      202: PROCESSING,
    },
    faults: [...JSON_BODY, ...ANSWERING],
  },
  listFunnels: {
    method: 'GET',
    path: '/v1/funnels',
    summary: 'Funnels that packs name',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'none',
    responses: { 200: { description: 'Each with the question that asks it, once it has a range.', schema: packs.FUNNELS_SCHEMA } },
    faults: [],
  },
  listExperiments: {
    method: 'GET',
    path: '/v1/experiments',
    summary: 'Experiments that packs name',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'none',
    responses: {
      200: {
        description: 'Each with its variants and the question that asks for its result, once it has a range.',
        schema: packs.EXPERIMENTS_SCHEMA,
      },
    },
    faults: [],
  },
  readAssignment: {
    method: 'GET',
    path: '/v1/experiments/{pack}/{experiment}/assignment',
    summary: 'Which variant a person has',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    params: packs.EXPERIMENT_PARAMS,
    query: packs.ASSIGNMENT_QUERY,
    responses: { 200: { description: 'The same for as long as name and weights stay.', schema: packs.ASSIGNMENT_SCHEMA } },
    faults: ['not_found', 'request_invalid', 'row_refused'],
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
    accesses: { resource: 'answers', action: 'read' },
    responses: { 200: { description: 'An answer or a problem for each question, in their order.', schema: answers.BATCH_ANSWERS_SCHEMA } },
    faults: [...JSON_BODY, 'request_invalid', ...ANSWERING],
  },
  readView: {
    method: 'GET',
    path: '/v1/views/{pack}/{view}',
    summary: 'A named answer of a pack (also at the route that the pack declares)',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    params: VIEW_PARAMS,
    query: VIEW_QUERY,
    responses: {
      200: {
        description:
          'The answer as the pack shapes it, with `meta` over all questions that it is made of. The scope is the one that the view declares; `GET /v1/packs/{pack}` lists views with their parameters.',
        schema: VIEW_ANSWER_SCHEMA,
      },
      202: PROCESSING,
      304: { description: 'The figures are those that `If-None-Match` names. `Tidegate-Meta` says how fresh they are.', schema: null },
    },
    faults: ['request_invalid', 'not_found', 'feature_disabled', 'view_failed', 'view_too_large', ...ANSWERING],
  },
  listInsights: {
    method: 'GET',
    path: '/v1/insights/{pack}',
    summary: 'What the rules of a pack find now, and found before',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    rows: 'confined',
    params: INSIGHTS_PARAMS,
    query: INSIGHTS_QUERY,
    responses: {
      200: {
        description: 'Those that hold, by rank; with `state=all` those that held after them. Each needs the scope of its view.',
        schema: INSIGHTS_SCHEMA,
      },
    },
    faults: ['request_invalid', 'not_found', 'view_failed', 'view_too_large', ...ANSWERING],
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
  listEventTypes: {
    method: 'GET',
    path: '/v1/event-types',
    summary: 'What events may hold',
    answers: 'query',
    scope: 'query:read',
    limitClass: 'api_key',
    responses: { 200: { description: 'Event types of all packs of the tenant, by name.', schema: packs.EVENT_TYPES_SCHEMA } },
    faults: [],
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
} as const satisfies Readonly<Record<string, RouteDeclaration>>;
