/** The text form of the section `writes` of a pack: routes that take an event of it. Strict, as all of a pack. */
import { z } from 'zod';
import { NAME_SCHEMA, PARAM_SCHEMA, QUERY_SCHEMA, SCOPE_SCHEMA } from '../view/view-schema.ts';

/** As a parameter, but read from JSON: a list is a list, and `json` is whatever the event type makes of it. */
const bodyMember = PARAM_SCHEMA.omit({ in: true, everybody: true, default_from: true }).extend({
  type: z.enum(['string', 'integer', 'number', 'boolean', 'date', 'instant', 'zone', 'subject', 'list', 'json']),
  max_length: z.int().min(1).max(65_536).optional(),
});

const expression = z.string().max(4_000);

/** What must be true of a request that its members alone do not say; what is not is told at `path`. */
const rule = z.strictObject({ that: expression, path: z.string().max(64), message: z.string().max(200) });

/** The event; each text may hold `${…}`, and a member of `data` without a value falls away. */
const event = z.strictObject({
  type: z.string().max(256),
  /** Default: `id`, which is made from `Idempotency-Key`, else new. */
  id: z.string().max(1_024).optional(),
  /** Plain id of the person whom it is about; absent: of nobody. */
  subject: z.string().max(1_024).optional(),
  /** Default: now. */
  occurred_at: z.string().max(1_024).optional(),
  data: z.union([z.record(z.string().max(64), z.unknown()), z.string().max(4_000)]),
});

const write = z.strictObject({
  title: z.string().max(200).optional(),
  description: z.string().max(2_000).optional(),
  route: z.string().max(200),
  scope: SCOPE_SCHEMA.optional(),
  params: z.record(NAME_SCHEMA, PARAM_SCHEMA.omit({ everybody: true, default_from: true })).default({}),
  body: z.record(NAME_SCHEMA, bodyMember).default({}),
  /** Asked of committed rows before the event is sent: what `exists`, `conflict`, `rules` and the event name. */
  checks: z.record(NAME_SCHEMA, QUERY_SCHEMA).default({}),
  /** Not true: there is no such thing, 404. */
  exists: expression.optional(),
  /** True: the thing stands otherwise, 409. */
  conflict: expression.optional(),
  rules: z.array(rule).max(20).default([]),
  event: event.optional(),
  /** In place of an event: the body is a list of what that write of this pack takes, each an event with a verdict of its own. */
  each: NAME_SCHEMA.optional(),
  events_max: z.int().min(1).max(10_000).default(500),
  body_bytes_max: z.int().min(64).max(16_777_216).optional(),
  /** By it a person is registered who has no credential yet (docs/design/accounts.md). */
  registers: z.boolean().optional(),
  /** False: answered as soon as the log has the event. */
  waits: z.boolean().default(true),
  /** Asked once the event is counted. */
  reads: z.record(NAME_SCHEMA, QUERY_SCHEMA).default({}),
  /** A view of this pack whose answer, once the event is counted, is `view`. */
  view: z.strictObject({ name: NAME_SCHEMA, params: z.record(NAME_SCHEMA, z.unknown()).default({}) }).optional(),
  let: z.record(NAME_SCHEMA, z.unknown()).optional(),
  /** Default: `id` and `receipt`. */
  answer: z.record(z.string().max(64), z.unknown()).optional(),
  status: z.union([z.literal(200), z.literal(201), z.literal(202)]).optional(),
});

export const WRITES_SCHEMA = z.record(NAME_SCHEMA, write);

export type WriteSource = z.output<typeof write>;
export type BodyMemberSource = z.output<typeof bodyMember>;
