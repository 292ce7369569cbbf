/** Puts the service together: the only place where its adapters are made. */
import { randomBytes } from 'node:crypto';
import type { HttpListener } from '@tidegate/http';
import { createLogClient, topicNames } from '@tidegate/kafka';
import {
  createAuditKeeper,
  createEventsReader,
  createExplain,
  createJourneyReader,
  createKeptStore,
  createNewestReader,
  createPool,
  createPoolMeter,
  createReadStore,
} from '@tidegate/postgres';
import type { EventsReaderDeps } from '@tidegate/postgres';
import { connectRedis, createKeptFigures, createRecentSets, createRedisCells } from '@tidegate/redis';
import {
  createAuditChain,
  databaseTarget,
  directDatabaseUrlOf,
  deriveKey,
  kafkaTarget,
  pause,
  redisTarget,
  systemClock,
  telemetryTarget,
} from '@tidegate/runtime';
import type { ConfigValues, RunningService, ServiceContext } from '@tidegate/runtime';
import { createMetrics, createTracing, startTelemetryServer } from '@tidegate/telemetry';
import type { Announcements } from './announcements.ts';
import { archiveOf } from './archive-fields.ts';
import { createAsking } from './asking.ts';
import { createCacheFigures, followFigures } from './cache-figures.ts';
import { keepAudit } from './audit/keep-audit.ts';
import type { KeepingAudit } from './audit/keep-audit.ts';
import { createCacheMeter } from './cache-meter.ts';
import { NO_REPLICA } from './config.ts';
import type { queryConfig } from './config.ts';
import { explainHandlers } from './explain-handlers.ts';
import { createExports } from './export-app.ts';
import { followTables } from './follow-tables.ts';
import type { Tables } from './follow-tables.ts';
import { followErasures } from './follow-erasures.ts';
import { startFinding } from './finding-app.ts';
import { createFreshness } from './freshness.ts';
import type { Freshness } from './freshness.ts';
import { createHandlers } from './handlers.ts';
import { holdHandlers } from './hold-to-person.ts';
import { startJobs } from './jobs-app.ts';
import type { RunningJobs } from './jobs-app.ts';
import { createKeptHistory, followKept } from './kept-history.ts';
import { materialiseAll } from './materialise-all.ts';
import { createMeteredRegistry } from './metered-registry.ts';
import { readOnReplica } from './replica.ts';
import { serve } from './serve.ts';
import { createStatus } from './status.ts';
import { storesOf } from './stores-app.ts';
import { warehouseOf } from './warehouse-fields.ts';
import { watchLog } from './watch-log.ts';
import type { WatchedLog } from './watch-log.ts';

type QueryConfig = ConfigValues<typeof queryConfig>;

/** Longer than a reading's: the materialiser has nothing better to do than to wait. */
const MATERIALISER_TIMEOUT_MS = 5_000;
const READER_TIMEOUT_MS = 2_000;
const VERSION = '0.1.0';
/** The login of DATABASE_URL must be a member of all three. */
const ROLE = 'tidegate_query';
const AUDIT_ROLE = 'tidegate_audit';
const QUEUE_ROLE = 'tidegate_jobs';
const AUDIT_TIMEOUT_MS = 10_000;

export interface RunningQuery extends RunningService {
  readonly port: number;
  readonly metricsPort: number;
}

type QueryAdapters = Awaited<ReturnType<typeof connect>>;

export async function startQuery(config: QueryConfig, context: ServiceContext): Promise<RunningQuery> {
  const adapters = await connect(config, context);
  const { metrics, topics, client, primary, checks, auditing } = adapters;
  const registry = createMeteredRegistry(metrics, context.log);
  const freshness = createFreshness(systemClock.nowMs);
  const tables = followTables({ client, topics }, context, { registry, freshness });
  const stopped = new AbortController();
  const onError = (error: unknown): void => context.log.warn('log_watch_failed', { error });
  const { kept, figures, following } = followStores(adapters, context, stopped.signal);
  const replica = readOnReplica(adapters.replica, { ...{ freshness, metrics, log: context.log }, lagMaxMs: config.replicaLagMaxMs });
  const { onReplica } = replica;
  const asking = createAsking(config, adapters, { registry, freshness, kept, newToken: newRandomId, figures, onReplica });
  const announcements = materialiseAll({
    ...{ ...adapters, log: context.log, newEpochId: newRandomId, signal: stopped.signal },
    names: asking.names,
    onMaterialised: asking.hub.materialised,
  });
  const onPartitions = (count: number): void => void announcements.then((of) => of?.follow(count)).catch(onError);
  const log = watchLog({ client, topics, primary, freshness, onPartitions, pause, onError, signal: stopped.signal });
  const audit = keepAudit({ keeper: auditing.keeper, client, topic: topics.audit, signal: stopped.signal, metrics, log: context.log });
  const { ready } = tables.control;
  let isRegistryRead = false;
  void ready.then(() => (isRegistryRead = true));
  const { stores, queuePool } = adapters;
  const jobs = startJobs(config, context, { ...adapters, jobs: stores.jobs, pool: queuePool, ready });
  const { exporting, warehouse } = createExports(config, adapters, { registry, log: context.log, asking, jobs, signal: stopped.signal });
  const { finding, watching } = startFinding(context, { registry, jobs, metrics, signal: stopped.signal });
  const erasing = followErasures(adapters, context, { warehouse: warehouse.keep, signal: stopped.signal });

  const handlers = createHandlers({
    ...{ finding, exporting, warehousing: warehouse.routes },
    ...{ ...asking, background: jobs.background, keptFigures: adapters.keptFigures },
    ...{ registry, freshness, primary, store: adapters.store },
    ...stores,
    auditChain: auditing.chain,
    ...statusOf(log, checks, freshness),
  });
  jobs.work();
  const held = explainHandlers(holdHandlers(handlers, asking.pseudonymOf), adapters.explain);
  const server = serve(config, { ...adapters, asking, log: context.log, handlers: held, isReady: () => isRegistryRead });
  const port = await server.listen({ host: config.listenHost, port: config.listenPort });
  let isDraining = false;
  const health = { isLive: () => true, isReady: () => !isDraining && isRegistryRead };
  const telemetry = await startTelemetryServer({ ...telemetryTarget(config), metrics, health });
  return {
    port,
    metricsPort: telemetry.port,
    drain() {
      isDraining = true;
      server.drain();
      asking.hub.end();
    },
    async stop() {
      await server.close();
      stopped.abort();
      await Promise.all([following, watching, warehouse.watching, erasing, replica.close()]);
      await closeAll({ server, tables, log, announcements, audit, jobs, adapters });
      await telemetry.close();
    },
  };
}

/** What is followed as long as the service runs. */
function followStores(adapters: QueryAdapters, context: ServiceContext, signal: AbortSignal) {
  const { keptStore, keptFigures } = adapters;
  const warn = (event: string) => (error: unknown) => context.log.warn(event, { error });
  const kept = createKeptHistory(keptStore, systemClock.monotonicMs);
  const onError = warn('cache_figures_not_counted');
  const figures = createCacheFigures({ figures: keptFigures, instance: newRandomId(), nowMs: systemClock.nowMs, onError });
  const following = [
    followKept({ kept, pause, onError: warn('kept_history_unreadable'), signal }),
    followFigures({ figures, pause, signal }),
  ];
  return { kept, figures, following: Promise.all(following) };
}

function archiveReading(config: QueryConfig, log: ServiceContext['log']): Omit<EventsReaderDeps, 'pool'> {
  return { openArchive: archiveOf(config, config.fieldKeys), onUnreadable: (error) => log.error('archive_unreadable', { error }) };
}

async function connect(config: QueryConfig, { log }: ServiceContext) {
  const metrics = createMetrics('query', { withProcess: true });
  const tracing = createTracing({ service: 'query', endpoint: config.otlpEndpoint, ratio: config.traceRatio });
  const client = await createLogClient({ ...kafkaTarget(config), clientId: 'tidegate-query' });
  const pool = createPool({
    ...databaseTarget(config),
    applicationName: 'tidegate-query',
    role: ROLE,
    ...{ holdsToPerson: true, isExplained: true },
    connectionsMax: config.databaseConnections,
    statementTimeoutMs: config.statementTimeoutMs,
    meter: createPoolMeter(metrics, systemClock.monotonicMs),
    onError: (error) => log.warn('postgres_connection_lost', { error }),
    onConnected: () => log.info('postgres_connected'),
  });
  const auditing = connectAudit(config, log);
  const redisOf = (name: string, commandTimeoutMs: number) =>
    connectRedis({
      ...redisTarget(config),
      name,
      commandTimeoutMs,
      onError: (error) => log.warn('redis_connection_lost', { error }),
      onReady: () => log.info('redis_connected', { detail: { connection: name } }),
    });
  const readerRedis = redisOf('tidegate-query', READER_TIMEOUT_MS);
  const writerRedis = redisOf('tidegate-materialiser', MATERIALISER_TIMEOUT_MS);
  const topics = topicNames(config.topicPrefix);
  const reading = archiveReading(config, log);
  const eventsReader = createEventsReader({ pool, ...reading });
  const meter = createCacheMeter({ metrics, log, nowMs: systemClock.nowMs });
  return {
    metrics,
    tracing,
    client,
    topics,
    ...{ primary: createReadStore(pool), explain: createExplain(pool) },
    ...{ eventsReader, journeys: createJourneyReader(eventsReader) },
    warehouseObjects: warehouseOf(config),
    replica: connectReplica(config, reading),
    keptStore: createKeptStore(pool),
    stores: storesOf(pool, topics),
    queuePool: connectQueue(config, log),
    // Two connections: a large update must not hold up an answer.
    store: createRedisCells({ client: readerRedis, prefix: config.redisPrefix, onDamage: () => meter.dropped('chunks') }),
    materialiserStore: createRedisCells({ client: writerRedis, prefix: config.redisPrefix, onDamage: () => meter.dropped('chunks') }),
    recentSets: createRecentSets({ client: readerRedis, prefix: config.redisPrefix }),
    newest: createNewestReader(pool),
    keptFigures: createKeptFigures({ client: readerRedis, prefix: config.redisPrefix }),
    meter,
    auditing,
    ...{ writerRedis, redisPrefix: config.redisPrefix },
    checks: { postgres: async () => pool.query('SELECT 1'), redis: async () => readerRedis.ping() },
    async close() {
      readerRedis.disconnect();
      writerRedis.disconnect();
      await Promise.all([pool.end(), auditing.close()]);
      await client.close();
      await tracing.close();
    },
  };
}

/** As the role that has the jobs and nothing else, and never through a pooler of transactions. */
function connectQueue(config: QueryConfig, log: ServiceContext['log']) {
  return createPool({
    databaseUrl: directDatabaseUrlOf(config),
    ...{ applicationName: 'tidegate-query-jobs', role: QUEUE_ROLE, connectionsMax: 2, isDurable: true },
    statementTimeoutMs: AUDIT_TIMEOUT_MS,
    onError: (error) => log.warn('postgres_connection_lost', { error }),
  });
}

/** Null: none is named. */
function connectReplica(config: QueryConfig, reading: Omit<EventsReaderDeps, 'pool'>) {
  const { databaseReplicaUrl: databaseUrl, databaseConnections: connectionsMax, statementTimeoutMs } = config;
  if (databaseUrl === NO_REPLICA) return null;
  const at = { ...databaseTarget(config), databaseUrl, applicationName: 'tidegate-query', role: ROLE };
  const pool = createPool({ ...at, connectionsMax, statementTimeoutMs, holdsToPerson: true, isExplained: true });
  return {
    cells: createReadStore(pool),
    journeys: createJourneyReader(createEventsReader({ pool, ...reading })),
    end: async () => pool.end(),
  };
}

/** A connection of its own, as the role that can add to the audit and change none of it: what it commits is on the disk. */
function connectAudit(config: QueryConfig, log: ServiceContext['log']) {
  const chain = createAuditChain(deriveKey(config.secretKey, 'tidegate/audit', 32));
  const pool = createPool({
    ...databaseTarget(config),
    ...{ applicationName: 'tidegate-audit', role: AUDIT_ROLE, connectionsMax: 1, isDurable: true },
    ...{ statementTimeoutMs: AUDIT_TIMEOUT_MS, transactionTimeoutMs: AUDIT_TIMEOUT_MS },
    onError: (error) => log.warn('postgres_connection_lost', { error }),
  });
  return { chain, keeper: createAuditKeeper(pool, chain), close: async () => pool.end() };
}

function statusOf(log: WatchedLog, checks: QueryAdapters['checks'], freshness: Freshness) {
  const status = createStatus({
    freshness,
    nowMs: systemClock.nowMs,
    replicationFactor: () => log.replicationFactor(),
    checks: { kafka: async () => log.check(), ...checks },
    versions: { tidegate: VERSION, node: process.version },
  });
  return { status };
}

interface Running {
  readonly server: HttpListener;
  readonly tables: Tables;
  readonly log: WatchedLog;
  readonly announcements: Promise<Announcements | null>;
  readonly audit: KeepingAudit;
  readonly jobs: RunningJobs;
  readonly adapters: QueryAdapters;
}

async function closeAll({ tables, log, announcements, audit, jobs, adapters }: Running): Promise<void> {
  await jobs.close();
  const following = await announcements;
  await Promise.all([following?.close(), tables.control.close(), tables.progress.close(), log.close(), audit.close()]);
  await adapters.close();
}

function newRandomId(): string {
  return randomBytes(12).toString('base64url');
}
