import { archiveFields } from './archive-fields.ts';
import { lifetimeFields } from './lifetime-fields.ts';
import { warehouseFields } from './warehouse-fields.ts';
import {
  databaseFields,
  defineConfig,
  directDatabaseField,
  kafkaFields,
  redisFields,
  sharedFields,
  telemetryFields,
  text,
} from '@tidegate/runtime';

export const NO_REPLICA = 'none';

/** Settings of the query service; docs/reference/config.md is generated from them. */
export const queryConfig = defineConfig('query', {
  ...kafkaFields,
  topicPrefix: sharedFields.topicPrefix,
  ...databaseFields,
  ...directDatabaseField,
  ...redisFields,
  redisPrefix: sharedFields.redisPrefix,
  listenHost: sharedFields.listenHost,
  ...telemetryFields,
  pseudonymSecret: sharedFields.pseudonymSecret,
  secretKey: sharedFields.secretKey,
  fieldKeys: sharedFields.fieldKeys,
  ...archiveFields,
  ...warehouseFields,
  exportBytesMax: {
    env: 'EXPORT_MB_MAX',
    schema: text.megabytes({ min: 1, max: 100 }),
    default: '10',
    description: 'An export of a person that is larger, in MB, is made by a job and fetched by a link.',
  },
  exportWithinMs: {
    env: 'EXPORT_WITHIN_MS',
    schema: text.integer({ min: 1, max: 20_000 }),
    default: '2000',
    description: 'And so is one that takes longer to be made.',
  },
  listenPort: { env: 'LISTEN_PORT', schema: text.port(), default: '8002', description: 'Port the service listens on.' },
  databaseConnections: {
    env: 'DATABASE_CONNECTIONS',
    schema: text.integer({ min: 1, max: 200 }),
    default: '8',
    description: 'Most connections to Postgres.',
  },
  databaseReplicaUrl: {
    env: 'DATABASE_REPLICA_URL',
    schema: text.url(['postgres', 'postgresql']).or(text.choice([NO_REPLICA])),
    default: NO_REPLICA,
    description:
      'A replica of Postgres, for questions that are answered from there and may lie behind by some seconds (docs/design/replicas.md); `none`: the primary answers all.',
    secret: true,
  },
  replicaLagMaxMs: {
    env: 'REPLICA_LAG_MAX_MS',
    schema: text.integer({ min: 1_000, max: 600_000 }),
    default: '10000',
    description: 'A replica that lies behind by more is not asked until it has caught up.',
  },
  statementTimeoutMs: {
    env: 'STATEMENT_TIMEOUT_MS',
    schema: text.integer({ min: 100, max: 600_000 }),
    default: '30000',
    description: 'Longest time of one read of Postgres.',
  },
  ingestUrl: {
    env: 'INGEST_URL',
    schema: text.url(['http']),
    default: 'http://127.0.0.1:8001',
    description: 'Where the ingest service listens: it takes the events of routes of packs that write.',
  },
  writeWaitMs: {
    env: 'WRITE_WAIT_MS',
    schema: text.integer({ min: 0, max: 10_000 }),
    default: '2000',
    description: 'Longest that such a route waits for its event to be counted; then it answers 202 with the receipt.',
  },
  answerWithinMs: {
    env: 'ANSWER_WITHIN_MS',
    schema: text.integer({ min: 1, max: 30_000 }),
    default: '300',
    description: 'How long a caller waits for an answer that may become a job; then 202 says where it will be.',
  },
  answersAtOnce: {
    env: 'ANSWERS_AT_ONCE',
    schema: text.integer({ min: 1, max: 1_000 }),
    default: '8',
    description:
      'Most answers that are made anew at the same time, and half as many that may become jobs; others wait for their turn, tenants one after another.',
  },
  answersWaitingMax: {
    env: 'ANSWERS_WAITING_MAX',
    schema: text.integer({ min: 0, max: 100_000 }),
    default: '64',
    description:
      'Most answers that may wait before one that is asked for, and half as many that may become jobs; more are refused with 503 `overloaded`. Who waits holds a connection of a gateway (UPSTREAM_CONNECTIONS), and kept answers need some too.',
  },
  turnWithinMs: {
    env: 'TURN_WITHIN_MS',
    schema: text.integer({ min: 0, max: 60_000 }),
    default: '5000',
    description: 'Where a turn would take longer to come than this, the request is refused with 503 `overloaded` and Retry-After.',
  },
  cacheBudgetMs: {
    env: 'CACHE_BUDGET_MS',
    schema: text.integer({ min: 1, max: 10_000 }),
    default: '50',
    description: 'Longest time that an answer waits for Redis at each step; then Postgres answers.',
  },
  chunksMax: {
    env: 'CHUNKS_MAX',
    schema: text.integer({ min: 0, max: 1_000 }),
    default: '62',
    description:
      'Ranges of more chunks than this (3 hours of minutes, a UTC day of quarter hours, 4 of hours, 96 of days) are read from Postgres and not cached.',
  },
  cellsMax: {
    env: 'CELLS_MAX',
    schema: text.integer({ min: 1_000, max: 50_000_000 }),
    default: '2000000',
    description: 'Most cells that one answer may be made of.',
  },
  bucketsMax: {
    env: 'BUCKETS_MAX',
    schema: text.integer({ min: 100, max: 1_000_000 }),
    default: '20000',
    description: 'Most buckets of a series.',
  },
  journeyEventsMax: {
    env: 'JOURNEY_EVENTS_MAX',
    schema: text.integer({ min: 1_000, max: 100_000_000 }),
    default: '2000000',
    description: 'Most raw events that one funnel, retention, sessions or experiment is made of.',
  },
  livePaceMs: {
    env: 'LIVE_PACE_MS',
    schema: text.integer({ min: 10, max: 60_000 }),
    default: '100',
    description: 'Least time between two askings of a question that is watched (`/v1/live`).',
  },
  liveQuestionsMax: {
    env: 'LIVE_QUESTIONS_MAX',
    schema: text.integer({ min: 1, max: 100_000 }),
    default: '500',
    description: 'Most different questions that are watched at once; those who watch the same share one.',
  },
  liveLifeS: {
    env: 'LIVE_LIFE_S',
    schema: text.integer({ min: 10, max: 86_400 }),
    default: '900',
    description: 'After so long a watcher passes the gateway again: what its key may do has to be looked at anew.',
  },
  decodedCells: {
    env: 'DECODED_CELLS',
    schema: text.integer({ min: 1_000, max: 10_000_000 }),
    default: '200000',
    description: 'Cells whose decoded states the process keeps in memory.',
  },
  answerTtlMs: {
    env: 'ANSWER_TTL_MS',
    schema: text.integer({ min: 100, max: 3_600_000 }),
    default: '60000',
    description: 'How long rows of an answer stay in Redis; a changed chunk leaves them unused at once.',
  },
  ...lifetimeFields,
  questionBytesMax: {
    env: 'QUESTION_BYTES_MAX',
    schema: text.integer({ min: 1_024, max: 16_777_216 }),
    default: '262144',
    description: 'Longest body of a question.',
  },
});
