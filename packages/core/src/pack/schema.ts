import { z } from 'zod';
import { INSIGHTS_SCHEMA } from '../insight/insight-schema.ts';
import { LIMITS_SCHEMA } from '../limit/limits-schema.ts';
import { EXPERIMENTS_SCHEMA, FUNNELS_SCHEMA } from './named-journeys.ts';
import { ROW_EVENT, TYPE_DIMENSION } from './event-members.ts';
import { CACHE_SCHEMA, VIEWS_SCHEMA } from '../view/view-schema.ts';
import { WRITES_SCHEMA } from '../write/write-schema.ts';

/** The text form of a pack, as `pack.yaml` holds it once its YAML is read. Strict: an unknown member is an error. */

const NAME = /^[a-z][a-z0-9_]*$/;
const DOTTED_NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;

const fieldName = z.string().max(64).regex(NAME, 'must be lower snake case: a letter, then letters, digits or _');
const dottedName = z.string().max(128).regex(DOTTED_NAME, 'must be lower snake case words joined by dots');
/** YAML reads 0.5 as a number; a text is taken too where the bound has more digits than a double. */
const bound = z.union([z.number(), z.string().regex(DECIMAL, 'must be a decimal number')]).transform(String);

const numberBounds = z.strictObject({ min: bound.optional(), max: bound.optional(), integer: z.boolean().optional() });

/** What is done with a sensitive field that does not say: ids become pseudonyms, what identifies a person is not taken. */
const ACTION_BY_SENSITIVITY = { id: 'pseudonymise', phi: 'keep', pii: 'drop' } as const;

/** What needs no escape in JSON. */
const TABLE_TEXT = /^[A-Za-z0-9_.:-]{1,100}$/;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const condition = z.strictObject({
  eq: scalar.optional(),
  ne: scalar.optional(),
  in: z.array(scalar).min(1).max(500).optional(),
  not_in: z.array(scalar).min(1).max(500).optional(),
  lt: scalar.optional(),
  lte: scalar.optional(),
  gt: scalar.optional(),
  gte: scalar.optional(),
  prefix: z.string().optional(),
  exists: z.boolean().optional(),
});

/** Fits where all conditions hold, and each number named in `at_least` is at least that of the other field. */
const derivedCase = z.strictObject({
  gives: z.string().regex(TABLE_TEXT),
  where: z.record(fieldName, condition).default({}),
  at_least: z.record(fieldName, fieldName).default({}),
});

/** Of which other field the value is made, and how; `bands` names the range that a number lies in. */
const derivation = z.strictObject({
  from: fieldName,
  as: z.enum(['year', 'age', 'value', 'hash', 'present', 'table', 'cases']),
  /** Of a table: what each value of the other field gives; others give nothing. */
  table: z.record(z.string().max(100), z.union([z.int(), z.string().regex(TABLE_TEXT)])).optional(),
  /** Of cases: the first that fits gives the value; where none does there is none. */
  cases: z.array(derivedCase).min(1).max(20).optional(),
  bands: z.array(z.int().min(0).max(9_999)).min(1).max(50).optional(),
});

const declaredField = z.strictObject({
  type: z.enum(['string', 'integer', 'decimal', 'number', 'boolean', 'timestamp', 'date', 'enum', 'string_list', 'json']),
  title: z.string().optional(),
  unit: z.string().max(64).optional(),
  optional: z.boolean().optional(),
  dimension: z.boolean().optional(),
  min: bound.optional(),
  max: bound.optional(),
  bounds_by: z.strictObject({ field: fieldName, of: z.record(z.string(), numberBounds) }).optional(),
  /** Of a string: which values it may have beside each value of another field; beside others any. */
  values_by: z.strictObject({ field: fieldName, of: z.record(z.string(), z.array(z.string().min(1).max(100)).min(1).max(50)) }).optional(),
  max_length: z.int().min(1).max(65_536).optional(),
  /** Of a string: it names an IANA time zone. */
  format: z.enum(['zone']).optional(),
  scale_max: z.int().min(0).max(38).optional(),
  values: z.array(z.string().min(1).max(100)).min(1).max(500).optional(),
  sensitive: z.enum(['id', 'phi', 'pii']).optional(),
  action: z.enum(['keep', 'drop', 'hash', 'refuse', 'pseudonymise', 'seal']).optional(),
  derive: derivation.optional(),
  /** Of one that feeds nothing: what it is kept for with the raw events. */
  why: z.string().min(10).max(200).optional(),
});

const field = declaredField.transform((declared): z.output<typeof declaredField> => {
  if (declared.action !== undefined || declared.sensitive === undefined) return declared;
  return { ...declared, action: ACTION_BY_SENSITIVITY[declared.sensitive] };
});

const eventType = z.strictObject({
  title: z.string().optional(),
  /** Other names under which events of the type are sent; they are stored under its own. */
  aliases: z.array(dottedName).min(1).max(10).optional(),
  subject: z.enum(['none', 'optional', 'required']).default('optional'),
  key: fieldName.optional(),
  unknown_members: z.enum(['refuse', 'drop']).default('refuse'),
  fields: z.record(fieldName, field),
});

const measure = z.strictObject({
  measure: z.enum([
    ...(['count', 'sum', 'min', 'max', 'avg', 'quantile', 'variance', 'histogram'] as const),
    ...(['first', 'last', 'distinct', 'top_k'] as const),
  ]),
  /** `subject` is the event's subject, for distinct and top_k. */
  field: fieldName.optional(),
  /** Of a histogram: rising; bin i holds what is at least bound i-1 and below bound i. */
  bounds: z.array(bound).min(1).max(100).optional(),
  /** Of top_k: how many values an answer has at most. */
  k: z.int().min(1).max(50).optional(),
  /** Of top_k: how many values a cell counts; the error is at most events / (counters + 1). */
  counters: z.int().min(1).max(500).optional(),
  /** Of distinct: how many values a cell counts exactly. */
  exact_to: z.int().min(0).max(4_096).optional(),
  title: z.string().optional(),
  unit: z.string().max(64).optional(),
});

/** Whole days, or for ever. */
const keptFor = z.string().regex(/^(?:[1-9]\d{0,4}d|forever)$/, 'must be a number of days such as 90d, or forever');
const cellRetention = {
  minute: keptFor.optional(),
  quarter_hour: keptFor.optional(),
  hour: keptFor.optional(),
  day: keptFor.optional(),
};

/** A member of the objects of a list. */
const itemField = z.strictObject({
  type: z.enum(['string', 'integer', 'decimal', 'number', 'boolean', 'timestamp', 'date']),
  title: z.string().optional(),
  unit: z.string().max(64).optional(),
});

/** What the aggregator keeps of each thing as it is now (docs/design/entities.md). */
const entity = z.strictObject({
  title: z.string().optional(),
  /** The field that names it, or the fields that name it together; `subject`: the person is the entity; `_event`: each event is one. */
  id: z.union([fieldName, z.literal(ROW_EVENT), z.array(fieldName).min(2).max(4)]),
  /** True: events that do not declare the id are rows of their own. */
  or_event: z.literal(true).optional(),
  events: z.array(dottedName).min(1).max(64),
  deleted_by: z.array(dottedName).min(1).max(64).optional(),
  /** Default: all that the events keep. */
  fields: z.array(fieldName).min(1).max(100).optional(),
  /** Each object of a list that the events carry is a row: its members that are fields, beside fields of the event. */
  each: z.strictObject({ of: fieldName, fields: z.record(fieldName, itemField) }).optional(),
  /** By name of a field: the event type whose time it holds. */
  times: z.record(fieldName, dottedName).optional(),
  /** Rows go so many days after their first event, or their last one. */
  retention: z
    .strictObject({ days: z.int().min(1).max(36_500), at: z.enum(['_created_at', '_updated_at']).default('_updated_at') })
    .optional(),
  indexes: z
    .array(
      z
        .array(z.union([fieldName, z.enum(['_created_at', '_updated_at'])]))
        .min(1)
        .max(6),
    )
    .min(1)
    .max(16)
    .optional(),
  /** Texts by which views look rows up: kept answers that did are dropped by changes of rows with that value alone. */
  lookups: z.array(fieldName).min(1).max(4).optional(),
});

const dimensionName = z.union([fieldName, z.literal(TYPE_DIMENSION)]);

const metric = z.strictObject({
  title: z.string().optional(),
  /** One of the two: what it counts. */
  events: z.array(dottedName).min(1).optional(),
  over: fieldName.optional(),
  /** Of an entity: the date or timestamp that places a row in a bucket; default: when its first event occurred. */
  at: fieldName.optional(),
  where: z.record(fieldName, condition).optional(),
  /** Fields of its events; `_type` is the type of the event. */
  dimensions: z.array(dimensionName).max(16).default([]),
  sets: z.array(z.array(dimensionName)).min(1).max(32).optional(),
  /** By dimension: different values that an event day admits, where it is to be less than the installation allows. */
  values_per_day: z.record(fieldName, z.int().min(1).max(1_000_000)).optional(),
  grains: z
    .array(z.enum(['minute', 'quarter_hour', 'hour', 'day']))
    .min(1)
    .max(4)
    .optional(),
  measures: z.record(fieldName, measure),
  /** How long its cells are kept, by grain; else as the pack says. */
  retention: z.strictObject(cellRetention).optional(),
});

/** A property or trait, or with a leading `$` a member of the message itself. */
const segmentMember = z
  .string()
  .max(128)
  .regex(
    /^(?:[^$].*|\$(?:name|category|event|user_id|anonymous_id|group_id|previous_id))$/,
    'must name a property, or a member that Segment has',
  );
const segmentMapping = z.strictObject({ type: dottedName, fields: z.record(fieldName, segmentMember).optional() });
const segment = z.strictObject({
  track: z.record(z.string().min(1).max(128), segmentMapping).optional(),
  identify: segmentMapping.optional(),
  page: segmentMapping.optional(),
  screen: segmentMapping.optional(),
  group: segmentMapping.optional(),
  alias: segmentMapping.optional(),
});

export const PACK_SCHEMA = z.strictObject({
  pack: fieldName,
  title: z.string().max(200),
  description: z.string().max(2_000).optional(),
  events: z.record(dottedName, eventType),
  entities: z.record(fieldName, entity).optional(),
  metrics: z.record(dottedName, metric),
  /** What no text of an event may look like that is kept as it was sent: such an event is refused. */
  privacy: z
    .strictObject({
      guard: z
        .array(z.enum(['email', 'phone', 'card']))
        .min(1)
        .max(3)
        .optional(),
      /** The ids of its subjects are kept, sealed, so that who has `privacy:admin` can tell whom a pseudonym means. */
      mapping: z.literal(true).optional(),
    })
    .optional(),
  segment: segment.optional(),
  /** What is to hold of the pack: alerts are made of it, beside those of `hit_aim_pct` of its cache classes and of its findings. */
  aims: z
    .strictObject({
      /** Of 100 events of its types, those that may be refused. */
      rejected_pct: z.number().gt(0).lt(100).optional(),
      /** How long after an event came answers may lack it. */
      fresh_s: z.int().min(1).max(86_400).optional(),
    })
    .optional(),
  /** How long raw events, refused ones and cells are kept; what is not said here is the installation's. */
  retention: z.strictObject({ raw: keptFor.optional(), rejected: keptFor.optional(), ...cellRetention }).optional(),
  /** Policies and classes of routes, over those that are shipped; a tenant may change them. */
  limits: LIMITS_SCHEMA.optional(),
  /** Named answers with their routes. */
  views: VIEWS_SCHEMA.optional(),
  /** Findings that rules make of the answers of views. */
  insights: INSIGHTS_SCHEMA.optional(),
  /** Routes that take an event. */
  writes: WRITES_SCHEMA.optional(),
  /** Classes of answers by how long they may be kept. */
  cache: CACHE_SCHEMA.optional(),
  /** Questions about journeys that have a name. */
  funnels: FUNNELS_SCHEMA.optional(),
  experiments: EXPERIMENTS_SCHEMA.optional(),
});

export type PackSource = z.output<typeof PACK_SCHEMA>;
export type EventTypeSource = PackSource['events'][string];
export type FieldSource = EventTypeSource['fields'][string];
export type SegmentSource = z.output<typeof segment>;
export type EntitySource = z.output<typeof entity>;
export type MetricSource = PackSource['metrics'][string];
export type MeasureSource = MetricSource['measures'][string];
