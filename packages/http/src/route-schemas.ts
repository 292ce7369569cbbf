import { ANALYSIS_SCHEMA, FUNNEL_SCHEMA, JOURNEY_SCHEMA, QUESTION_SCHEMA } from '@tidegate/core';
import { z } from 'zod';
import { MAKING_SCHEMA } from './pack-schemas.ts';

/** Schemas of bodies that routes take and give; the question's own schema is core's. */

export const INSTANT_SCHEMA = z.string().meta({ format: 'date-time', description: 'RFC 3339, UTC, milliseconds.' });

export const PROBLEM_SCHEMA = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    request_id: z.string(),
    trace_id: z.string(),
    errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document. No value that the caller sent is repeated in it.' });

export const EVENT_SCHEMA = z
  .object({
    id: z
      .string()
      .min(1)
      .max(128)
      .meta({ description: 'The sender’s own id: a resent copy with the same id, source and subject is counted once.' }),
    type: z.string().meta({ description: 'An event type that a pack of the tenant declares.' }),
    subject: z.string().min(1).max(256).optional(),
    source: z.string().max(256).optional(),
    occurred_at: z.union([INSTANT_SCHEMA, z.int().meta({ description: 'Epoch milliseconds.' })]),
    schema_version: z.int().min(1).optional(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event', description: 'At most 256 KB; occurred_at at most 5 minutes ahead, or what EVENT_AHEAD_MAX_S allows.' });

export const CLOUD_EVENT_SCHEMA = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().min(1).max(128),
    source: z.string().max(256),
    type: z.string().meta({ description: 'An event type that a pack of the tenant declares.' }),
    subject: z.string().min(1).max(256).optional(),
    time: INSTANT_SCHEMA,
    datacontenttype: z.string().optional().meta({ description: 'A JSON type.' }),
    schemaversion: z.int().min(1).optional().meta({ description: 'An extension: version of the event type’s schema.' }),
    data: z.record(z.string(), z.unknown()).optional(),
  })
  .catchall(z.union([z.string(), z.boolean(), z.int()]))
  .meta({
    id: 'CloudEvent',
    description: 'CloudEvents 1.0 in its JSON format. Other extensions are kept as attributes, except of event types about nobody.',
  });

export const SEGMENT_MESSAGE_SCHEMA = z
  .looseObject({
    type: z.enum(['track', 'identify', 'page', 'screen', 'group', 'alias']).optional().meta({ description: 'In a batch.' }),
    messageId: z.string().min(1).max(128).optional().meta({ description: 'The id of the event.' }),
    userId: z.string().min(1).max(256).nullish(),
    anonymousId: z.string().min(1).max(256).nullish(),
    event: z.string().optional().meta({ description: 'Of a track message: which mapping of a pack takes it.' }),
    properties: z.record(z.string(), z.unknown()).nullish(),
    traits: z.record(z.string(), z.unknown()).nullish(),
    timestamp: INSTANT_SCHEMA.optional(),
    originalTimestamp: INSTANT_SCHEMA.optional(),
    sentAt: INSTANT_SCHEMA.optional(),
  })
  .meta({ id: 'SegmentMessage', description: 'Mapped to an event by the `segment:` section of a pack.' });

export const SEGMENT_BATCH_SCHEMA = z.looseObject({ batch: z.array(SEGMENT_MESSAGE_SCHEMA), sentAt: INSTANT_SCHEMA.optional() });

export const EVENTS_SCHEMA = z.union([EVENT_SCHEMA, z.array(EVENT_SCHEMA), z.object({ events: z.array(EVENT_SCHEMA) })]);

const eventPlace = { index: z.int(), id: z.string().optional() };

export const VERDICTS_SCHEMA = z
  .looseObject({
    accepted: z.int(),
    rejected: z.array(z.looseObject({ ...eventPlace, code: z.string(), path: z.string().optional(), message: z.string() })),
    retry: z.array(z.looseObject(eventPlace)),
    receipt: z.string().optional().meta({ description: 'Absent where nothing was accepted.' }),
    received_at: INSTANT_SCHEMA,
  })
  .meta({ id: 'Verdicts', description: 'What became of each event. `retry`: the outcome is not known, send the event again unchanged.' });

export const RECEIPT_STATE_SCHEMA = z
  .object({
    counted: z.boolean().meta({ description: 'Nothing is pending: each event is counted, is a copy, or is among rejected_events.' }),
    pending_events: z.int().meta({ description: 'An upper bound.' }),
    rejected_events: z.int().meta({ description: 'Accepted events that turned out to be unreadable or unstorable and are not counted.' }),
    complete_through: INSTANT_SCHEMA.nullable(),
    log_changed: z.literal(true).optional().meta({
      description:
        'The log gave way to another one before the events were counted; whether they were is not known. Send them again unchanged: what was counted is dropped.',
    }),
  })
  .meta({ id: 'ReceiptState' });

export const RECEIPT_QUERY = z.object({
  wait_ms: z.int().min(0).max(10_000).default(0).meta({ description: 'Wait so long for the events to be counted.' }),
});

export const RECEIPT_PARAMS = z.object({
  receipt: z
    .string()
    .max(16_384)
    .regex(/^tgr1\.[\w-]+$/),
});
export const METRIC_PARAMS = z.object({ metric: z.string().max(200) });
export const REJECTED_PARAMS = z.object({ ref: z.string().regex(/^[ieb]-\d{1,9}-\d{1,9}-\d{1,15}$/) });

export const REJECTED_QUERY = z.object({
  since: z.iso.datetime({ offset: true }).optional().meta({ description: 'Received at or after.' }),
  code: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/)
    .optional(),
  cursor: z.string().max(2_000).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  tenant: z
    .literal('-')
    .optional()
    .meta({ description: 'Rows of records that could not be read, whose tenant nobody knows; needs ops:admin.' }),
});

export const REJECTED_SCHEMA = z
  .object({
    ref: z.string(),
    code: z.string().meta({ description: 'Of the newest attempt.' }),
    path: z.string(),
    title: z.string().nullable(),
    meaning: z.string().nullable(),
    next: z.string().nullable(),
    stage: z.enum(['ingest', 'events', 'backfill']).meta({
      description:
        '`ingest`: refused at once. `events`, `backfill`: accepted into the live or the backfill lane, and could not be counted.',
    }),
    received_at: INSTANT_SCHEMA,
    length: z.int().meta({ description: 'Bytes of the original.' }),
    original: z.enum(['whole', 'cut', 'none']).meta({ description: 'How much of it is kept, sealed.' }),
    format: z.string().nullable().meta({
      description:
        'In which it came: `native`, `cloudevent`, `segment/<call>`. Null: a row from before this was told, or a record of the log.',
    }),
    attempts: z.int(),
    state: z.enum(['open', 'replayed']),
    replayed_at: INSTANT_SCHEMA.nullable(),
    receipt: z.string().nullable().meta({ description: 'Of the replay.' }),
  })
  .meta({ id: 'Rejected' });

export const REJECTED_LIST_SCHEMA = z.object({
  rejected: z.array(REJECTED_SCHEMA),
  next_cursor: z.string().nullable(),
  beyond_quota: z
    .array(
      z.object({
        day: z.iso.date(),
        code: z.string(),
        events: z.int(),
        bytes: z.int().meta({ description: 'As they came.' }),
        first_at: INSTANT_SCHEMA,
        last_at: INSTANT_SCHEMA,
      }),
    )
    .meta({
      description:
        'Refused events that have no row, for REJECTED_MB_PER_DAY of the tenant was spent: of the days since `since` (without it of the last 30), newest first. With a `cursor`: none, the first page has told them.',
    }),
});

export const QUESTION_QUERY = z.object({ q: z.string().meta({ description: 'The question: the JSON that POST /v1/query takes.' }) });

/** A question as JSON, or its members by name. */
export const LIVE_QUERY = z.strictObject({
  q: z.string().optional().meta({ description: 'The question: the JSON that POST /v1/query takes. Without it the members stand by name.' }),
  job: z.uuid().optional().meta({ description: 'In place of a question: each change of this job, until it is over.' }),
  view: z
    .string()
    .max(129)
    .optional()
    .meta({ description: 'In place of a question: `{pack}/{view}`, with the parameters of the view beside it. Its answer is told whole.' }),
  events: z.string().max(200).optional().meta({
    description: 'In place of a question: an event type, or `*` for all: the newest counted events, each told once it is counted.',
  }),
  limit: z.coerce.number().int().min(1).max(1_000).optional().meta({ description: 'Of `events`, how many: 100 where nothing is said.' }),
  metric: z.string().optional(),
  kind: z.enum(['series', 'table', 'summary']).optional(),
  measures: z.string().optional().meta({ description: 'Separated by commas.' }),
  group_by: z.string().optional().meta({ description: 'Separated by commas.' }),
  grain: z.string().optional(),
  zone: z.string().optional(),
  last: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  subject: z.string().optional(),
  where: z.string().optional().meta({ description: 'As JSON.' }),
  last_event_id: z
    .string()
    .max(8_192)
    .optional()
    .meta({ description: 'As the header `Last-Event-ID`, which a WebSocket of a page cannot send.' }),
});

/** A plain question, an analysis of several, or a journey through raw events. */
export const ANY_QUESTION_SCHEMA = z.union([QUESTION_SCHEMA, ANALYSIS_SCHEMA, JOURNEY_SCHEMA]);

/** The same without its kind. */
export const FUNNEL_BODY_SCHEMA = FUNNEL_SCHEMA.partial({ kind: true }).meta({ id: 'Funnel' });

/** Most questions of one batch. */
export const BATCH_QUESTIONS_MAX = 20;

export const BATCH_SCHEMA = z.strictObject({ questions: z.array(ANY_QUESTION_SCHEMA).min(1).max(BATCH_QUESTIONS_MAX) });

export const METRIC_SCHEMA = z
  .looseObject({ metric: z.string(), pack: z.string(), version: z.int(), dimensions: z.array(z.unknown()), measures: z.array(z.unknown()) })
  .meta({ id: 'Metric' });

export const METRICS_SCHEMA = z.object({ metrics: z.array(METRIC_SCHEMA) });

export const STATUS_SCHEMA = z
  .looseObject({
    status: z.string(),
    complete_through: INSTANT_SCHEMA.nullable(),
    backfill_pending: z.int().meta({ description: 'Records of the backfill lane that are not counted yet; an upper bound.' }),
    partitions: z.array(z.looseObject({ partition: z.int() })),
    gaps: z
      .array(
        z.object({
          lane: z.enum(['live', 'backfill']),
          partition: z.int(),
          log_generation: z.int(),
          from_offset: z.string(),
          to_offset: z.string().meta({ description: 'The first offset that is there again.' }),
          found_at: INSTANT_SCHEMA,
          acknowledged_at: INSTANT_SCHEMA.nullable().meta({ description: 'Since when it does not make answers `incomplete`.' }),
        }),
      )
      .meta({ description: 'Accepted events that were gone from the log before they were counted.' }),
    making: MAKING_SCHEMA,
    durability: z.string(),
  })
  .meta({ id: 'Status' });

const checkState = z.enum(['connected', 'degraded', 'stopped']).meta({
  description: '`degraded`: answers late, or did not the last time or two; `stopped`: did not three times in a row, or never did.',
});

export const HEALTH_SCHEMA = z
  .object({
    status: z.enum(['ok', 'degraded', 'draining']),
    version: z.string(),
    checks: z.object({ kafka: checkState, postgres: checkState, redis: checkState }),
    progress: z
      .object({ partitions: z.int(), complete_through: z.string().nullable(), as_of: z.string() })
      .nullable()
      .meta({ description: 'How far events are counted, on every partition, and when Postgres said so; null: it has not yet.' }),
  })
  .meta({ id: 'Health' });
