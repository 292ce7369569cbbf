import { AHEAD_MAX_MS } from '@tidegate/core';
import type { ConfigValues } from '@tidegate/runtime';
import { databaseFields, defineConfig, directDatabaseField, kafkaFields, sharedFields, telemetryFields, text } from '@tidegate/runtime';

export const INGEST_CONFIG = defineConfig('ingest', {
  ...kafkaFields,
  topicPrefix: sharedFields.topicPrefix,
  ...databaseFields,
  ...directDatabaseField,
  pseudonymSecret: sharedFields.pseudonymSecret,
  fieldKeys: sharedFields.fieldKeys,
  secretKey: sharedFields.secretKey,
  rejectedBytesPerDay: sharedFields.rejectedBytesPerDay,
  listenHost: sharedFields.listenHost,
  listenPort: {
    env: 'LISTEN_PORT',
    schema: text.port(),
    default: '8001',
    description: 'Port the gateway reaches this service at.',
  },
  ...telemetryFields,
  eventBytesMax: {
    env: 'EVENT_BYTES_MAX',
    schema: text.integer({ min: 1_024, max: 900_000 }),
    default: '262144',
    description: 'Longest event, in bytes as sent.',
  },
  eventsMax: {
    env: 'REQUEST_EVENTS_MAX',
    schema: text.integer({ min: 1, max: 100_000 }),
    default: '10000',
    description: 'Most events of one request.',
  },
  bodyBytesMax: {
    env: 'REQUEST_BYTES_MAX',
    schema: text.integer({ min: 1_024, max: 268_435_456 }),
    default: '16777216',
    description: 'Most bytes of one request, after inflation.',
  },
  bufferBytesMax: {
    env: 'APPEND_BUFFER_MB',
    schema: text.megabytes({ min: 1, max: 4_096 }),
    default: '64',
    description: 'Records on their way into the log, in MB; beyond it requests are answered 503.',
  },
  lingerMs: {
    env: 'APPEND_LINGER_MS',
    schema: text.integer({ min: 0, max: 100 }),
    default: '2',
    description: 'How long the first record of a wave waits for others, in ms.',
  },
  pseudonymCacheEntries: {
    env: 'PSEUDONYM_CACHE_ENTRIES',
    schema: text.integer({ min: 1, max: 10_000_000 }),
    default: '100000',
    description: 'Pseudonyms kept in memory.',
  },
  personKeyCacheEntries: {
    env: 'PERSON_KEY_CACHE_ENTRIES',
    schema: text.integer({ min: 1, max: 10_000_000 }),
    default: '20000',
    description: 'Keys of persons kept in memory, about 1 KB each, for fields with `action: seal`; others are read from Postgres again.',
  },
  aheadMaxMs: {
    env: 'EVENT_AHEAD_MAX_S',
    schema: text.seconds({ min: 0, max: AHEAD_MAX_MS / 1_000 }),
    default: '300',
    description:
      'How far after its arrival an event may have occurred, in seconds; what is further ahead is rejected. More than five minutes is never taken.',
  },
  liveEventsPerS: {
    env: 'LIVE_EVENTS_PER_SECOND',
    schema: text.integer({ min: 0, max: 10_000_000 }),
    default: '0',
    description:
      'What one tenant may send into the live lane, in events a second of one instance; what is above goes into the backfill lane, so that it delays no other tenant’s answers. 0: no bound.',
  },
  eventsRetentionHours: {
    env: 'EVENTS_RETENTION_HOURS',
    schema: text.integer({ min: 1, max: 24 * 366 }),
    default: '168',
    description: 'Retention of the events topic (`retention.ms`), in hours; requests are refused when counting is behind by half of it.',
  },
});

export type IngestConfig = ConfigValues<typeof INGEST_CONFIG>;
