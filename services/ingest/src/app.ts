import { randomBytes } from 'node:crypto';
import type { HttpListener, RouteNameOf } from '@tidegate/http';
import { createHttpServer } from '@tidegate/http';
import type { LogClient, LogProducer } from '@tidegate/kafka';
import { createLogClient, topicNames } from '@tidegate/kafka';
import type { BulkRejected, ErasureStore, JobQueue, PersonKeyStore, RejectedStore, SubjectIdStore } from '@tidegate/postgres';
import {
  createBulkRejected,
  createErasureStore,
  createJobQueue,
  createPersonKeyStore,
  createPool,
  createPoolMeter,
  createRejectedStore,
  createSubjectIdStore,
} from '@tidegate/postgres';
import type { Clock, RunningService } from '@tidegate/runtime';
import {
  createOpenOriginal,
  createSealer,
  databaseTarget,
  deriveKey,
  directDatabaseUrlOf,
  kafkaTarget,
  pause,
  telemetryTarget,
} from '@tidegate/runtime';
import type { Logger, Metrics, Tracing } from '@tidegate/telemetry';
import { createMetrics, createTracing, startTelemetryServer } from '@tidegate/telemetry';
import { createAdmit } from './admit.ts';
import type { Appender } from './append.ts';
import { createAppender } from './append.ts';
import type { Backlog } from './backlog.ts';
import { followBacklog } from './backlog.ts';
import { createBrokerHealth } from './broker-health.ts';
import type { IngestConfig } from './config.ts';
import { createLaneChoice } from './lane.ts';
import { startErasingOriginals } from './erase-originals.ts';
import { createOriginalQuota } from './original-quota.ts';
import { createOpenSealed } from './open-sealed.ts';
import { createPackTally } from './pack-tally.ts';
import { createPrivacy } from './privacy.ts';
import { createPressure } from './pressure.ts';
import type { ReceiveDeps } from './receive.ts';
import { createReceive, createSegmentHandlers } from './receive.ts';
import type { Registry } from './registry.ts';
import { followRegistry } from './registry.ts';
import { createReject } from './reject.ts';
import { createReplayEvents } from './replay-event.ts';
import type { ReplayJobDeps } from './replay-job.ts';
import { createReplayJob } from './replay-job.ts';
import { createReplayMany } from './replay-many.ts';
import { createReplay } from './replay.ts';
import { createRespond, createSealReceipt } from './respond.ts';
import { createSubjectSealer } from './sealed-subject.ts';
import { createReadAges } from './sealed-ages.ts';
import { createReadSubject } from './read-subject.ts';
import { createShield } from './shield.ts';
import { createSealing, type Sealing } from './sealing.ts';

export interface IngestApp extends RunningService {
  /** The ports that are listened on. */
  readonly port: number;
  readonly metricsPort: number;
  /** Resolves when control.v1 and progress.v1 have been read: until then requests are answered 503. */
  readonly ready: Promise<void>;
}

type IngestJobs = Pick<JobQueue, 'submit' | 'work' | 'close'>;

export interface IngestAppDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: the client library that the settings name. */
  readonly client?: LogClient;
  /** Default: the rejected rows, and the job queue, of the Postgres that the settings name. */
  readonly rejected?: RejectedStore;
  readonly bulk?: BulkRejected;
  readonly jobs?: IngestJobs;
  readonly personKeys?: PersonKeyStore;
  readonly subjectIds?: SubjectIdStore;
  readonly erasures?: ErasureStore;
}

/** A batch stays below Kafka's default `message.max.bytes` (1,048,588). */
const BATCH_BYTES_MAX = 950_000;
const HOUR_MS = 3_600_000;
/** A record goes with the whole segment that it lies in, and the journal with the dedup window: at least 18 hours behind the retention. */
const KEPT_LONGER_MS = 24 * HOUR_MS;
const ERASURES_EVERY_MS = 1_000;
const DATABASE_CONNECTIONS = 2;
const QUEUE_CONNECTIONS = 3;
const STATEMENT_TIMEOUT_MS = 5_000;

interface Parts {
  readonly config: IngestConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly registry: Registry;
  readonly backlog: Backlog;
  readonly appender: Appender;
  /** Null: this process was not told where Postgres is. */
  readonly rejected: RejectedStore | null;
  readonly personKeys: PersonKeyStore | null;
  readonly subjectIds: SubjectIdStore | null;
  readonly sealing: Sealing;
  readonly bulk: BulkRejected | null;
  readonly jobs: IngestJobs | null;
  readonly erasures: ErasureStore | null;
}

/** Builds the service from its settings and starts it. */
export async function startIngest(config: IngestConfig, deps: IngestAppDeps): Promise<IngestApp> {
  const { clock, log } = deps;
  const client = deps.client ?? (await createLogClient({ ...kafkaTarget(config), clientId: 'tidegate-ingest' }));
  const metrics = createMetrics('ingest', { withProcess: true });
  const tracing = createTracing({ service: 'ingest', endpoint: config.otlpEndpoint, ratio: config.traceRatio });
  const topics = topicNames(config.topicPrefix);
  const registry = followRegistry({ client, topic: topics.control, log });
  metrics.onScrape(() => metrics.gauge('control_known_through_seconds').set(registry.knownThroughMs() / 1_000));
  const backlog = followBacklog({ client, topic: topics.progress, retentionMs: config.eventsRetentionHours * HOUR_MS, log });
  const producer = await client.createProducer();
  const { lingerMs, bufferBytesMax } = config;
  const health = createBrokerHealth(clock.monotonicMs);
  const appender = createAppender({ producer, clock, metrics, health, lingerMs, batchBytesMax: BATCH_BYTES_MAX, bufferBytesMax });
  const postgres = connectPostgres(config, { metrics, clock, log });
  const { rejected, bulk, jobs, personKeys, subjectIds, erasures } = { ...postgres, ...deps };
  const sealing = createSealing({ config, clock, log, metrics, personKeys, subjectIds });
  const stores = { rejected, bulk, jobs, personKeys, subjectIds, sealing, erasures };
  const server = createServer({ config, clock, log, metrics, tracing, registry, backlog, appender, ...stores });
  const stopErasing = eraseOriginals({ config, erasures, metrics, log });
  let isDraining = false;
  const port = await server.listen({ host: config.listenHost, port: config.listenPort });
  // Who asks whether the service is there must not hear yes before it listens, nor while requests are answered 503.
  const telemetry = await startTelemetryServer({
    ...telemetryTarget(config),
    metrics,
    health: { isLive: () => true, isReady: () => !isDraining && registry.isReady() && backlog.isRead() },
  });
  return {
    port,
    metricsPort: telemetry.port,
    ready: Promise.all([registry.ready, backlog.ready]).then(() => undefined),
    drain() {
      isDraining = true;
      server.drain();
    },
    async stop() {
      // Requests end first, each with its verdicts, so nothing that was taken is left without an answer.
      await server.close();
      await sealing.ids.settled();
      await stopErasing();
      await jobs?.close();
      await appender.drained();
      await closeLog({ client, producer, registry, backlog });
      await postgres.close();
      await tracing.close();
      await telemetry.close();
    },
  };
}

/**
 * Postgres is asked for rejected rows, jobs and keys of persons: only events that need a key which is not in memory wait for it, and
 * where it is not named replays are refused and such events are `retry`. Connections are made when they are needed. The queue has
 * some of its own, as a role that can touch nothing else.
 */
function connectPostgres(config: IngestConfig, { metrics, clock, log }: Pick<Parts, 'metrics' | 'clock' | 'log'>) {
  if (config.databaseUrl === 'none' && config.databaseHost === '')
    return { rejected: null, bulk: null, jobs: null, personKeys: null, subjectIds: null, erasures: null, close: async () => undefined };
  const common = {
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    isDurable: true,
    meter: createPoolMeter(metrics, clock.monotonicMs),
    onError: (error: unknown) => log.warn('postgres_connection_lost', { error }),
  };
  const onConnected = (): void => log.info('postgres_connected');
  const own = { applicationName: 'tidegate-ingest', role: 'tidegate_ingest', connectionsMax: DATABASE_CONNECTIONS, onConnected };
  const queue = { applicationName: 'tidegate-ingest-jobs', role: 'tidegate_jobs', connectionsMax: QUEUE_CONNECTIONS };
  const pool = createPool({ ...databaseTarget(config), ...own, ...common });
  const queuePool = createPool({ databaseUrl: directDatabaseUrlOf(config), ...queue, ...common });
  const topics = topicNames(config.topicPrefix);
  const lanes = { ingest: topics.rejected, events: topics.events, backfill: topics.backfill };
  return {
    rejected: createRejectedStore(pool, lanes),
    bulk: createBulkRejected(pool, lanes),
    personKeys: createPersonKeyStore(pool),
    subjectIds: createSubjectIdStore(pool),
    erasures: createErasureStore(pool),
    jobs: createJobQueue({
      pool: queuePool,
      metrics,
      monotonicMs: clock.monotonicMs,
      pause,
      onFailure: (error, job) => log.error('job_attempt_failed', { error, detail: job }),
      onError: (error) => log.warn('job_queue_failed', { error }),
    }),
    close: async () => void (await Promise.all([pool.end(), queuePool.end()])),
  };
}

function createServer(parts: Parts): HttpListener {
  const { config, clock, metrics, registry, backlog, appender } = parts;
  const pressure = createPressure({ backlog, appender, isGrowing: registry.isGrowing, nowMs: clock.nowMs });
  const topics = topicNames(config.topicPrefix);
  const identityKey = deriveKey(config.pseudonymSecret, 'tidegate/identity', 16);
  const fieldKey = config.fieldKeys[0];
  if (fieldKey === undefined) throw new Error('FIELD_KEYS holds no key');
  const topicKey = deriveKey(config.pseudonymSecret, 'tidegate/topic-key', 16);
  const shieldOf = createShield({ pseudonymSecret: config.pseudonymSecret, cacheEntries: config.pseudonymCacheEntries });
  const { wrapper, keys: personKeys, ids: subjectIds } = parts.sealing;
  const admit = createAdmit({
    clock,
    appender,
    topics: { live: topics.events, backfill: topics.backfill },
    laneChoiceOf: createLaneChoice({ metrics, liveEventsPerS: config.liveEventsPerS }),
    isTooFarBehind: (lane) => backlog.isTooFarBehind(clock.nowMs(), lane),
    ...{ partitions: registry.partitions, isGrowing: registry.isGrowing },
    shieldOf,
    ...{ isErased: registry.isErased, tally: createPackTally(metrics), personKeys, subjectIds },
    holdBytesMax: config.bufferBytesMax,
    reject: createReject({
      ...{ appender, topic: topics.rejected, partitions: registry.partitions, fieldKey, identityKey },
      quota: createOriginalQuota({ bytesMax: config.rejectedBytesPerDay, nowMs: clock.nowMs }),
      onLeftOut: () => metrics.counter('rejected_originals_left_out_total').inc(),
    }),
    identityKey,
    topicKey,
    eventsMax: config.eventsMax,
    aheadMaxMs: config.aheadMaxMs,
  });
  const receipts = {
    receiptSealer: createSealer(deriveKey(config.secretKey, 'tidegate/receipt', 32)),
    logGeneration: backlog.logGeneration,
  };
  const { eventBytesMax, bodyBytesMax } = config;
  const deps: ReceiveDeps = { ...parts, pressure, admit, respond: createRespond(receipts), identityKey, eventBytesMax, bodyBytesMax };
  const openOriginal = createOpenOriginal(config.fieldKeys);
  const sealReceipt = createSealReceipt(receipts);
  const events = createReplayEvents({ clock, openOriginal, shieldOf, identityKey, topicKey, aheadMaxMs: config.aheadMaxMs });
  workOnJobs(parts, { ...deps, events, sealReceipt, pause, newTraceparent });
  return createHttpServer<RouteNameOf<'ingest'>>({
    clock,
    log: parts.log,
    metrics,
    tracing: parts.tracing,
    callerKey: deriveKey(config.secretKey, 'tidegate/caller', 32),
    isReady: () => registry.isReady() && backlog.isRead(),
    handlers: {
      ...createReplay({ ...deps, ...parts, openOriginal, events, sealReceipt }),
      replayManyRejected: createReplayMany(parts),
      ...createPrivacy({ ...parts, ...keepingOf(config), shieldOf, topicKey }),
      sendEvents: createReceive(deps),
      openSealed: createOpenSealed({ ...parts, wrapper, shieldOf }),
      readSubject: createReadSubject({ ...parts, wrapper }),
      readAges: createReadAges({ ...parts, wrapper, shieldOf }),
      ...createSegmentHandlers(deps),
    },
  });
}

function keepingOf({ fieldKeys, eventsRetentionHours }: IngestConfig) {
  return { subjects: createSubjectSealer(fieldKeys), logKeepsMs: eventsRetentionHours * HOUR_MS + KEPT_LONGER_MS };
}

/** Returns what ends it. */
function eraseOriginals({ config, erasures, metrics, log }: Pick<Parts, 'config' | 'erasures' | 'metrics' | 'log'>): () => Promise<void> {
  if (erasures === null) return async () => undefined;
  const { fieldKeys } = config;
  const opening = { openOriginal: createOpenOriginal(fieldKeys), subjects: createSubjectSealer(fieldKeys) };
  return startErasingOriginals({ ...opening, erasures, metrics, log, pause, everyMs: ERASURES_EVERY_MS });
}

/** From when it is known what may be replayed. */
function workOnJobs({ jobs, bulk, registry }: Parts, deps: Omit<ReplayJobDeps, 'bulk'>): void {
  if (jobs === null || bulk === null) return;
  const job = createReplayJob({ ...deps, bulk });
  void registry.ready.then(() => jobs.work([job]));
}

interface LogParts {
  readonly client: LogClient;
  readonly producer: LogProducer;
  readonly registry: Registry;
  readonly backlog: Backlog;
}

async function closeLog({ client, producer, registry, backlog }: LogParts): Promise<void> {
  await Promise.all([registry.close(), backlog.close()]);
  await producer.close();
  await client.close();
}

/** Of work that no request began: its own trace, which nobody records. */
function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`;
}
