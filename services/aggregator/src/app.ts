import { randomBytes, randomUUID } from 'node:crypto';
import { createCanonicalReader, dedupWindowMsMin } from '@tidegate/core';
import { createLogClient, topicNames } from '@tidegate/kafka';
import type { LogClient } from '@tidegate/kafka';
import {
  createPgStore,
  createPool,
  createPoolMeter,
  createRetentionStore,
  createTableStatistics,
  createTallyStore,
} from '@tidegate/postgres';
import {
  ConfigError,
  createSealer,
  databaseTarget,
  deriveKey,
  kafkaTarget,
  pause,
  retry,
  systemClock,
  systemRandom,
  telemetryTarget,
} from '@tidegate/runtime';
import type { ConfigValues, RunningService, Sealer, ServiceContext } from '@tidegate/runtime';
import type { Metrics } from '@tidegate/telemetry';
import { createMetrics, createTracing, startTelemetryServer } from '@tidegate/telemetry';
import { startAggregator } from './aggregator.ts';
import type { Aggregator } from './aggregator.ts';
import type { AGGREGATOR_CONFIG } from './config.ts';
import { shareDedupMemory } from './dedup-memory.ts';
import type { Fault } from './fault-points.ts';
import { startTallying } from './stream-tally.ts';
import { startAnalysingGrown } from './analyse-grown.ts';
import { startMaintenance } from './maintain.ts';
import type { Maintenance } from './maintain.ts';

export type AggregatorConfig = ConfigValues<typeof AGGREGATOR_CONFIG>;

/** The login role must be a member of it; it can write the data plane and nothing else. */
const ROLE = 'tidegate_aggregator';
const HOUR_MS = 3_600_000;
const SEGMENT_MS = 6 * HOUR_MS;
const TOKEN_BYTES = 16;
const SEALED_VERSION = Uint8Array.of(1);
/** Twelve of these are one transaction of about a second: well inside its limit of 10 s. */
const BATCH_RECORDS_MAX = 10_000;
/** A first start replays its samples in less: events of days long past, each of which would change sealed cells too. */
const SEAL_DELAY_MS = 60_000;
const CACHED_CELLS_PER_PARTITION = 8_192;
/**
 * Of all partitions, because one aggregator may come to own them all: some 120 MB of objects at most, and 100 MB of ids. Beyond
 * them series are made and written again, which changes nothing.
 */
const KNOWN_SERIES = { total: 240_000, least: 4_000 };
/** Room for one original at least, whatever the partition count. */
const REJECTED_BYTES_MIN = 128 * 1_024;
const WRITTEN_SERIES = { total: 4_000_000, least: 20_000 };

/** Builds the adapters and starts the aggregator. The only place of this service where outside systems are made. */
export async function startApp(config: AggregatorConfig, context: ServiceContext, fault: Fault): Promise<RunningService> {
  refuseShortWindow(config);
  const { log } = context;
  const metrics = createMetrics('aggregator', { withProcess: true });
  const tracing = createTracing({ service: 'aggregator', endpoint: config.otlpEndpoint, ratio: config.traceRatio });
  const client = await createLogClient({
    ...kafkaTarget(config),
    clientId: `tidegate-aggregator-${randomUUID()}`,
  });
  const store = createPgStore({
    ...databaseTarget(config),
    applicationName: 'tidegate-aggregator',
    role: ROLE,
    fault,
    meter: createPoolMeter(metrics, systemClock.monotonicMs),
    onError: (error) => log.warn('database_session_lost', { error }),
    onConnected: () => log.info('postgres_connected'),
  });
  const topics = topicNames(config.topicPrefix);
  const partitions = await countPartitions(client, topics.events, context);
  const aggregator = await startAggregator({
    ...{ client, store, fault, log, metrics, tracing, clock: systemClock, random: systemRandom },
    topics,
    groupId: `${config.topicPrefix}aggregator`,
    sessionTimeoutMs: config.groupSessionMs,
    limits: limitsOf(config, partitions),
    limitsFor: (count) => limitsOf(config, count),
    reader: createCanonicalReader(),
    seal: createTenantSealer(config.fieldKeys),
    newToken: () => randomBytes(TOKEN_BYTES),
    onFatal: context.fatal,
    sleep: (ms) => pause(ms),
  });
  const maintenance = maintain(config, context, { aggregator, metrics });
  const beside = workBeside(config, context, aggregator);
  let isDraining = false;
  const telemetry = await startTelemetryServer({
    ...telemetryTarget(config),
    metrics,
    health: { isLive: () => aggregator.liveness.isLive(), isReady: () => !isDraining },
  });
  return {
    drain: () => void (isDraining = true),
    stop: async () => {
      await maintenance.stop();
      await aggregator.stop();
      await beside.stop();
      await Promise.all([store.close(), client.close(), tracing.close(), telemetry.close()]);
    },
  };
}

const DAY_HOURS = 24;

function maintain(
  config: AggregatorConfig,
  { log }: ServiceContext,
  { aggregator, metrics }: { readonly aggregator: Aggregator; readonly metrics: Metrics },
): Maintenance {
  const onError = (error: unknown): void => log.warn('database_session_lost', { error });
  const store = createRetentionStore({ ...databaseTarget(config), role: ROLE, onError });
  const running = startMaintenance({
    ...{ store, metrics, log, clock: systemClock, sleep: pause },
    packs: () => aggregator.retentions(),
    defaults: {
      rawDays: config.rawRetentionDays,
      rejectedDays: config.rejectedRetentionDays,
      listDays: config.listRetentionDays,
      rawDaysMin: Math.ceil(config.dedupWindowHours / DAY_HOURS) + 1,
      cellDays: { minute: config.minuteRetentionDays, quarter_hour: null, hour: null, day: null },
    },
    ...{ archivedOnly: config.rawArchive === 'required', rawIndexes: config.rawIndexes },
    holder: randomUUID(),
    everyMs: config.maintenanceEveryMs,
  });
  return {
    async stop() {
      await running.stop();
      await store.close();
    },
  };
}

const BESIDE_EVERY_MS = 5_000;
/** What a sample of a large table may take. */
const BESIDE_TIMEOUT_MS = 60_000;

/** What is done every few seconds beside the commits, and may come late: one connection serves it. */
function workBeside(config: AggregatorConfig, { log }: ServiceContext, { tally }: Aggregator): { stop(): Promise<void> } {
  const warn =
    (code: string) =>
    (error: unknown): void =>
      log.warn(code, { error });
  const pool = createPool({
    ...databaseTarget(config),
    ...{ applicationName: 'tidegate-beside', role: ROLE, connectionsMax: 1, statementTimeoutMs: BESIDE_TIMEOUT_MS },
    onError: warn('database_session_lost'),
  });
  const every = { everyMs: BESIDE_EVERY_MS, sleep: pause };
  const stopTallying = startTallying({ ...every, tally, store: createTallyStore(pool), onError: warn('tally_not_written') });
  const stopAnalysing = startAnalysingGrown({
    ...{ ...every, statistics: createTableStatistics(pool), onError: warn('table_not_analysed') },
    onAnalysed: (table) => log.info('table_analysed', { detail: { table } }),
  });
  return {
    async stop() {
      await Promise.all([stopTallying(), stopAnalysing()]);
      await pool.end();
    },
  };
}

/** A window shorter than the log would count events twice when the log is read again. */
function refuseShortWindow(config: AggregatorConfig): void {
  const leastMs = dedupWindowMsMin(config.eventsRetentionHours * HOUR_MS, SEGMENT_MS);
  if (config.dedupWindowHours * HOUR_MS >= leastMs) return;
  throw new ConfigError('aggregator', [
    { env: 'DEDUP_WINDOW_HOURS', problem: `must be at least ${leastMs / HOUR_MS}: retention + segment + 12 hours` },
  ]);
}

/** Of the events topic; waits until it is there. */
async function countPartitions(client: LogClient, topic: string, { log, signal }: ServiceContext): Promise<number> {
  const admin = client.createAdmin();
  const describe = async (): Promise<number> => {
    const description = await admin.describeTopic(topic);
    if (description === null) throw new Error(`topic ${topic} does not exist yet`);
    return description.partitions;
  };
  try {
    const onRetry = (error: unknown): void => log.warn('events_topic_unknown', { error });
    return await retry(describe, { firstMs: 100, capMs: 2_000, signal, onRetry });
  } finally {
    await admin.close();
  }
}

function limitsOf(config: AggregatorConfig, partitions: number) {
  const memory = shareDedupMemory(config.dedupMemoryBytes, partitions);
  return {
    dedupWindowMs: config.dedupWindowHours * HOUR_MS,
    dedupCloseAt: memory.closeAt,
    dedupFilterBytesMax: memory.filterBytesMax,
    cachedCellsMax: CACHED_CELLS_PER_PARTITION,
    knownSeriesMax: shareOf(KNOWN_SERIES, partitions),
    writtenSeriesMax: shareOf(WRITTEN_SERIES, partitions),
    dimensionValuesMax: config.dimensionValuesPerDay,
    rejectedBytesMax: shareOf({ total: config.rejectedBytesPerDay, least: REJECTED_BYTES_MIN }, partitions),
    batchRecordsMax: BATCH_RECORDS_MAX,
    flushPauseMinMs: config.flushPauseMinMs,
    flushPauseMaxMs: config.flushPauseMaxMs,
    idleMs: 1_000,
    sealDelayMs: SEAL_DELAY_MS,
    closedAfterS: config.bucketClosesAfterHours * 3_600,
    recountShare: config.reconcileShare / 100,
    recountEveryMs: config.reconcileEveryMinutes * 60_000,
    recountLookMs: 2_000,
    rowRetentionLookMs: config.maintenanceEveryMs,
  };
}

function shareOf({ total, least }: { readonly total: number; readonly least: number }, partitions: number): number {
  return Math.max(least, Math.floor(total / partitions));
}

/** As ingest seals what it refuses (docs/design/road.md, section 3): byte 1, then nonce, cipher and tag. */
function createTenantSealer(fieldKeys: readonly Uint8Array[]): (tenant: string, original: Uint8Array) => Uint8Array {
  const sealers = new Map<string, Sealer>();
  const current = fieldKeys[0] ?? new Uint8Array(0);
  return (tenant, original) => {
    const sealer = sealers.get(tenant) ?? createSealer(deriveKey(current, `tidegate/rejected/${tenant}`, 32));
    sealers.set(tenant, sealer);
    return Buffer.concat([SEALED_VERSION, sealer.seal(original)]);
  };
}
