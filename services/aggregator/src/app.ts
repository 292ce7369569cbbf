import { randomBytes, randomUUID } from 'node:crypto';
import { createCanonicalReader, dedupWindowMsMin } from '@tidegate/core';
import { createLogClient, topicNames } from '@tidegate/kafka';
import { createPgStore } from '@tidegate/postgres';
import { ConfigError, createSealer, deriveKey, pause, systemClock, systemRandom } from '@tidegate/runtime';
import type { ConfigValues, RunningService, Sealer, ServiceContext } from '@tidegate/runtime';
import { createMetrics, createTracing, startTelemetryServer } from '@tidegate/telemetry';
import { startAggregator } from './aggregator.ts';
import type { AGGREGATOR_CONFIG } from './config.ts';
import type { Fault } from './fault-points.ts';

export type AggregatorConfig = ConfigValues<typeof AGGREGATOR_CONFIG>;

/** The login role must be a member of it; it can write the data plane and nothing else. */
const ROLE = 'tidegate_aggregator';
const HOUR_MS = 3_600_000;
const SEGMENT_MS = 6 * HOUR_MS;
const TOKEN_BYTES = 16;
const SEALED_VERSION = Uint8Array.of(1);
/** A full generation is 4 million identities: 48 MB of journal, read at take-over. */
const GENERATION_IDENTITIES = 4_000_000;
/** Twelve of these are one transaction of about a second: well inside its limit of 10 s. */
const BATCH_RECORDS_MAX = 10_000;
const CACHED_CELLS_PER_PARTITION = 8_192;
/** Filters are shared out among the partitions that one aggregator may come to own. */
const PARTITIONS_PLANNED = 12;

/** Builds the adapters and starts the aggregator. The only place of this service where outside systems are made. */
export async function startApp(config: AggregatorConfig, context: ServiceContext, fault: Fault): Promise<RunningService> {
  refuseShortWindow(config);
  const { log } = context;
  const metrics = createMetrics('aggregator', { withProcess: true });
  const tracing = createTracing({ service: 'aggregator', endpoint: config.otlpEndpoint, ratio: config.traceRatio });
  const client = createLogClient({
    kind: config.kafkaClient,
    brokers: config.kafkaBrokers,
    clientId: `tidegate-aggregator-${randomUUID()}`,
  });
  const store = createPgStore({
    databaseUrl: config.databaseUrl,
    applicationName: 'tidegate-aggregator',
    role: ROLE,
    fault,
    onError: (error) => log.warn('database_session_lost', { error }),
  });
  const aggregator = await startAggregator({
    ...{ client, store, fault, log, metrics, tracing, clock: systemClock, random: systemRandom },
    topics: topicNames(config.topicPrefix),
    groupId: `${config.topicPrefix}aggregator`,
    sessionTimeoutMs: config.groupSessionMs,
    limits: limitsOf(config),
    reader: createCanonicalReader(),
    seal: createTenantSealer(config.fieldKeys),
    newToken: () => randomBytes(TOKEN_BYTES),
    onFatal: context.fatal,
    sleep: (ms) => pause(ms),
  });
  let isDraining = false;
  const telemetry = await startTelemetryServer({
    host: config.metricsHost,
    port: config.metricsPort,
    metrics,
    health: { isLive: () => aggregator.liveness.isLive(), isReady: () => !isDraining },
  });
  return {
    drain: () => void (isDraining = true),
    stop: async () => {
      await aggregator.stop();
      await Promise.all([store.close(), client.close(), tracing.close(), telemetry.close()]);
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

function limitsOf(config: AggregatorConfig) {
  return {
    dedupWindowMs: config.dedupWindowHours * HOUR_MS,
    dedupCloseAt: GENERATION_IDENTITIES,
    dedupFilterBytesMax: Math.floor(config.dedupMemoryBytes / PARTITIONS_PLANNED),
    cachedCellsMax: CACHED_CELLS_PER_PARTITION,
    batchRecordsMax: BATCH_RECORDS_MAX,
    flushPauseMinMs: config.flushPauseMinMs,
    flushPauseMaxMs: config.flushPauseMaxMs,
    idleMs: 1_000,
  };
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
