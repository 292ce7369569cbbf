import { RAW_INDEXES } from '@tidegate/postgres';
import type { RawIndex } from '@tidegate/postgres';
import { databaseFields, defineConfig, kafkaFields, sharedFields, telemetryFields, text } from '@tidegate/runtime';
import type { ConfigField } from '@tidegate/runtime';

/** Settings of the aggregator; docs/reference/config.md is generated from this list. */
export const AGGREGATOR_CONFIG = defineConfig('aggregator', {
  ...kafkaFields,
  topicPrefix: sharedFields.topicPrefix,
  ...databaseFields,
  fieldKeys: sharedFields.fieldKeys,
  rejectedBytesPerDay: sharedFields.rejectedBytesPerDay,
  ...telemetryFields,
  groupSessionMs: {
    env: 'GROUP_SESSION_MS',
    schema: text.integer({ min: 1_000, max: 10_000 }),
    default: '8000',
    description: 'How long an aggregator may be silent before the others take its partitions over.',
  } satisfies ConfigField<number>,
  dedupMemoryBytes: {
    env: 'DEDUP_MEMORY_MB',
    schema: text.megabytes({ min: 16, max: 65_536 }),
    default: '512',
    description:
      'Memory for the dedup window of all partitions together: half for what is still open, half for filters of the rest. What does not fit is looked up in Postgres.',
  } satisfies ConfigField<number>,
  dedupWindowHours: {
    env: 'DEDUP_WINDOW_HOURS',
    schema: text.integer({ min: 1, max: 24 * 366 }),
    default: '192',
    description: 'How long after its first copy an event is known again. At least EVENTS_RETENTION_HOURS + 6 (segment) + 12.',
  } satisfies ConfigField<number>,
  dimensionValuesPerDay: {
    env: 'DIMENSION_VALUES_PER_DAY',
    schema: text.integer({ min: 1, max: 1_000_000 }),
    default: '10000',
    description:
      'Different values of a dimension that a day of events admits, per tenant and metric; the others are counted as `_other`. A pack may set less.',
  } satisfies ConfigField<number>,
  eventsRetentionHours: {
    env: 'EVENTS_RETENTION_HOURS',
    schema: text.integer({ min: 1, max: 24 * 366 }),
    default: '168',
    description: 'Retention of the events topic (`retention.ms`), in hours.',
  } satisfies ConfigField<number>,
  bucketClosesAfterHours: {
    env: 'BUCKET_CLOSES_AFTER_HOURS',
    schema: text.integer({ min: 1, max: 24 * 30 }),
    default: '24',
    description:
      'A bucket closes so long after its end: cells of hours and days are made of it then, and what still changes it is listed as a restatement.',
  } satisfies ConfigField<number>,
  rawRetentionDays: {
    env: 'RAW_RETENTION_DAYS',
    schema: text.integer({ min: 1, max: 36_500 }),
    default: '90',
    description:
      'How long raw events are kept where a pack does not say. Never shorter than the dedup window and a day, whatever a pack says.',
  } satisfies ConfigField<number>,
  rejectedRetentionDays: {
    env: 'REJECTED_RETENTION_DAYS',
    schema: text.integer({ min: 1, max: 36_500 }),
    default: '30',
    description:
      'How long refused events are kept, with their originals, where no pack of the tenant says. Never shorter than the dedup window and a day.',
  } satisfies ConfigField<number>,
  listRetentionDays: {
    env: 'LIST_RETENTION_DAYS',
    schema: text.integer({ min: 1, max: 36_500 }),
    default: '400',
    description:
      'How long it is told which closed buckets were changed (restatements), which cells were not what a recount gave (drift), and which findings held.',
  } satisfies ConfigField<number>,
  minuteRetentionDays: {
    env: 'MINUTE_RETENTION_DAYS',
    schema: text.integer({ min: 2, max: 36_500 }),
    default: '3',
    description: 'How long cells of a minute are kept where a pack does not say. Cells of other grains are kept for ever then.',
  } satisfies ConfigField<number>,
  rawArchive: {
    env: 'RAW_ARCHIVE',
    schema: text.choice(['required', 'none']),
    default: 'required',
    description:
      'required: raw days are dropped once `tidegate archive run` has archived them, and kept until then. none: they are dropped when their time is over, and what they held cannot be counted again.',
  } satisfies ConfigField<'required' | 'none'>,
  rawIndexes: {
    env: 'RAW_INDEXES',
    schema: text.choices(RAW_INDEXES),
    default: 'time,errors',
    description:
      'Indexes that a closed day of raw events gets beside those that each has, comma separated, or none: time (by when events occurred), errors (calls that failed in a server), properties (by what events tell; longer to make than all others together). Those that days have stay until the day is dropped.',
  } satisfies ConfigField<readonly RawIndex[]>,
  maintenanceEveryMs: {
    env: 'MAINTENANCE_EVERY_MS',
    schema: text.integer({ min: 100, max: 3_600_000 }),
    default: '60000',
    description: 'How often it is looked for raw days to close and for what is to be dropped, by one aggregator of all.',
  } satisfies ConfigField<number>,
  reconcileShare: {
    env: 'RECONCILE_SHARE',
    schema: text.integer({ min: 0, max: 50 }),
    default: '2',
    description:
      'Percent of the time in which an aggregator recounts rollups from raw events, one metric and day after the other. 0: only when it is asked to.',
  } satisfies ConfigField<number>,
  reconcileEveryMinutes: {
    env: 'RECONCILE_EVERY_MINUTES',
    schema: text.integer({ min: 1, max: 60 * 24 * 366 }),
    default: '360',
    description: 'A metric is recounted again so long after its last recount ended.',
  } satisfies ConfigField<number>,
  flushPauseMinMs: {
    env: 'FLUSH_PAUSE_MIN_MS',
    schema: text.integer({ min: 1, max: 10_000 }),
    default: '5',
    description: 'Shortest pause between two flushes.',
  } satisfies ConfigField<number>,
  flushPauseMaxMs: {
    env: 'FLUSH_PAUSE_MAX_MS',
    schema: text.integer({ min: 1, max: 10_000 }),
    default: '500',
    description:
      'Longest pause between two flushes. Between the two it is a millisecond for 20 events of the last flush, at most twice its duration.',
  } satisfies ConfigField<number>,
});
