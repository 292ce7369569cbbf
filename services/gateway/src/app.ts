import { randomUUID } from 'node:crypto';
import { createRequestTelemetry } from '@tidegate/http';
import type { LogClient } from '@tidegate/kafka';
import { createLogClient, topicNames } from '@tidegate/kafka';
import type { ControlStore } from '@tidegate/postgres';
import { createControlOutbox, createControlStore, createPoolMeter, listenForControlChanges } from '@tidegate/postgres';
import type { RedisClusterConnection, RedisConnection } from '@tidegate/redis';
import { connectEither, createDeniedTokens, createRedisBuckets } from '@tidegate/redis';
import type { ConfigValues, RunningService, ServiceContext } from '@tidegate/runtime';
import {
  databaseTarget,
  deriveKey,
  directDatabaseUrlOf,
  kafkaTarget,
  redisClusterTarget,
  redisTarget,
  systemClock as clock,
  systemRandom as random,
  telemetryTarget,
} from '@tidegate/runtime';
import type { Metrics, Tracing } from '@tidegate/telemetry';
import { createMetrics, createTracing, startTelemetryServer } from '@tidegate/telemetry';
import { createAccountRoutes } from './accounts/accounts.ts';
import { countUsers } from './accounts/count-users.ts';
import { createSendWrite } from './accounts/send-write.ts';
import { createAdmin } from './admin.ts';
import { createAudit } from './audit/audit.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { startAuditLog } from './audit/start-audit-log.ts';
import { createAuthenticate } from './authenticate.ts';
import type { GATEWAY_CONFIG } from './config.ts';
import { createControlApp } from './control-app.ts';
import type { ControlView } from './control.ts';
import { followControl } from './control.ts';
import type { OriginBook } from './cors.ts';
import { createOriginBook } from './cors.ts';
import { createOriginAdmin } from './origin-admin.ts';
import { watchDependencies } from './dependencies.ts';
import { createIsOff } from './features.ts';
import { createGate, type Gate } from './gate.ts';
import { createHealth } from './health.ts';
import { startKeyUse } from './key-use.ts';
import type { KeyDirectory } from './keys.ts';
import { createKeyDirectory } from './keys.ts';
import { createIssuerAdmin } from './issuer-admin.ts';
import { createListeners, type ListeningPorts } from './listeners.ts';
import { fetchKeys } from './tokens/fetch-keys.ts';
import type { IssuerDirectory } from './tokens/issuers.ts';
import { createIssuerDirectory } from './tokens/issuers.ts';
import type { Denied } from './tokens/denied.ts';
import { createDenied } from './tokens/denied.ts';
import type { SharedDenials } from './tokens/shared-denials.ts';
import { createSharedDenials } from './tokens/shared-denials.ts';
import { createLocalTokens } from './tokens/local-tokens.ts';
import { createReadToken } from './tokens/tokens.ts';
import { createTokenRoutes } from './token-routes.ts';
import { createClientAddress } from './limits/client-address.ts';
import { createGateLimits } from './limits/gate-limits.ts';
import { createLimitRoutes } from './limits/limit-routes.ts';
import { limitSettings, listOf } from './limits/settings.ts';
import type { StartedLimits } from './limits/start-limits.ts';
import { startLimits } from './limits/start-limits.ts';
import { createLiveSlots, type LiveSlots } from './live-slots.ts';
import type { Proxy } from './proxy.ts';
import type { PackRoutes } from './pack-routes.ts';
import { createPackRoutes } from './pack-routes.ts';
import { createProxy } from './proxy.ts';
import { watchRevocations } from './revocations.ts';
import type { Publishing } from './start-publishing.ts';
import { startPublishing } from './start-publishing.ts';
import { swapVersions } from './swap-versions.ts';
import { redisLines, waitForRedis } from './wait-for-redis.ts';

export type GatewayConfig = ConfigValues<typeof GATEWAY_CONFIG>;

export interface RunningGateway extends RunningService, ListeningPorts {
  readonly metricsPort: number;
}

const VERSION = '0.1.0';
const ROLE = 'tidegate_gateway';

function createProxyOf(config: GatewayConfig, metrics: Metrics): Proxy {
  return createProxy({
    upstreams: { ingest: config.ingestUrl, query: config.queryUrl },
    ...{ connections: config.upstreamConnections, turnWithinMs: config.upstreamTurnWithinMs },
    callerKey: callerKeyOf(config),
    ...{ clock, metrics, bodyBytesMax: config.bodyBytesMax, liveIdleMs: config.liveIdleS * 1_000 },
  });
}

/** Composes the gateway from its settings and starts it. */
export async function startApp(config: GatewayConfig, context: ServiceContext): Promise<RunningGateway> {
  const background = new AbortController();
  const parts = await createParts(config, { context, signal: background.signal });
  const { metrics, store, client, redis, limits, control, tracing } = parts;
  const publishing = startPublishing({ ...parts, ...controlChanges(parts), log: context.log });
  const revocations = watchRevocations({ ...parts, clock, log: context.log });
  const counting = countUsers({ ...store, metrics, log: context.log, signal: background.signal });
  const swaps = swapVersions({ control, store, wake: publishing.wake, log: context.log, signal: background.signal });
  const proxy = createProxyOf(config, metrics);
  let isDraining = false;
  const keyUse = startKeyUse({ store, log: context.log });
  const auditLog = startAuditLog({
    ...{ client, topic: topicNames(config.topicPrefix).audit, gateway: randomUUID(), clock, metrics, log: context.log },
    ...{ isOn: config.enableAudit, signal: background.signal, onSent: keyUse.noteAccess },
  });
  const live = createLiveSlots({ perKeyMax: config.livePerKeyMax, perTenantMax: config.livePerTenantMax }, metrics);
  const gate = createGateOf(parts, { proxy, live, auditLog, wake: publishing.wake, isDraining: () => isDraining });
  const listeners = createListeners(gate, config, { metrics, log: context.log, signal: background.signal });
  await waitForRedis({ ...parts, withinMs: config.redisStartWaitMs, log: context.log });
  const ports = await listeners.listen();
  const probes = await startTelemetryServer({
    ...{ ...telemetryTarget(config), metrics },
    // Before all keys are known none is let in.
    health: { isLive: () => true, isReady: () => !isDraining && control.isLoaded() },
  });
  return {
    ...ports,
    metricsPort: probes.port,
    drain: () => {
      isDraining = true;
      listeners.drain();
      live.end();
    },
    stop: async () => {
      const closed = listeners.close();
      live.end();
      await closed;
      background.abort();
      await auditLog.close();
      await Promise.all([
        keyUse.stop(),
        publishing.stop(),
        revocations,
        counting,
        swaps,
        proxy.close(),
        control.close(),
        limits.decisions.close(),
      ]);
      await Promise.all([store.close(), client.close(), tracing.close(), probes.close()]);
      redis.disconnect();
    },
  };
}

/** What the parts of the gateway share. */
interface Parts {
  readonly config: GatewayConfig;
  readonly context: ServiceContext;
  /** Aborted when the work off the request path is to end. */
  readonly signal: AbortSignal;
  readonly database: Parameters<typeof createControlOutbox>[0];
  readonly topic: string;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly store: ControlStore;
  readonly client: LogClient;
  readonly redis: RedisConnection | RedisClusterConnection;
  readonly keys: KeyDirectory;
  readonly issuers: IssuerDirectory;
  readonly denied: Denied;
  readonly shared: SharedDenials;
  readonly limits: StartedLimits;
  readonly packRoutes: PackRoutes;
  readonly origins: OriginBook;
  readonly control: ControlView;
}

async function createParts(config: GatewayConfig, { context, signal }: Pick<Parts, 'context' | 'signal'>): Promise<Parts> {
  const { log } = context;
  const onError = (error: Error): void => log.warn('postgres_connection_failed', { error });
  const metrics = createMetrics('gateway', { withProcess: true });
  const meter = createPoolMeter(metrics, clock.monotonicMs);
  const database = { ...databaseTarget(config), role: ROLE, onError, meter };
  const client = await createLogClient({ ...kafkaTarget(config), clientId: 'tidegate-gateway' });
  const topic = topicNames(config.topicPrefix).control;
  const keys = createKeyDirectory();
  const issuers = createIssuerDirectory({ fetchKeys, clock, log });
  const redis = connectEither(
    { server: redisTarget(config), cluster: redisClusterTarget(config) },
    { name: 'tidegate-gateway', ...redisLines(log) },
  );
  const shared = createSharedDenials({ tokens: createDeniedTokens(redis, config.redisPrefix), clock, log });
  const denied = createDenied(clock, shared.tell);
  const limits = createLimitsOf({ config, context, metrics, client, redis, signal });
  const packRoutes = createPackRoutes();
  const origins = createOriginBook();
  const control = followControl({ client, topic, keys, issuers, denied, limits: limits.book, packRoutes, origins, clock, log });
  metrics.onScrape(() => metrics.gauge('control_known_through_seconds').set(control.knownThroughMs() / 1_000));
  return {
    ...{ config, context, signal, database, topic, metrics, client, redis, keys, issuers },
    ...{ denied, shared, limits, packRoutes, origins, control },
    tracing: createTracing({ service: 'gateway', endpoint: config.otlpEndpoint, ratio: config.traceRatio }),
    store: createControlStore(database),
  };
}

function callerKeyOf({ secretKey }: GatewayConfig): Uint8Array {
  return deriveKey(secretKey, 'tidegate/caller', 32);
}

interface GateParts {
  readonly proxy: Proxy;
  readonly live: LiveSlots;
  readonly auditLog: AuditLog;
  readonly wake: () => void;
  readonly isDraining: () => boolean;
}

function createGateOf(parts: Parts, { proxy, live, auditLog, wake, isDraining }: GateParts): Gate {
  const { context, config, metrics, tracing, store, keys, issuers, denied, limits, packRoutes, origins, control } = parts;
  const addressOf = createClientAddress(listOf(config.trustedProxies));
  const { log } = context;
  const localTokens = createLocalTokens({ secret: deriveKey(config.secretKey, 'tidegate/token', 32), keys, denied, clock });
  const gateLimits = createGateLimits({ limit: limits.limit, addressOf, isEnabled: config.rateLimitEnabled, clock, random });
  const { accounts } = store;
  const audit = createAudit(auditLog);
  const controlApp = createControlApp({
    log,
    handlers: {
      ...createAdmin({ store, wake, clock, metrics, packRoutes }),
      ...createAccountRoutes({
        ...{ accounts, localTokens, denied, limits: gateLimits, loginTenant: config.loginTenant, audit, wake, clock, packRoutes },
        sendWrite: createSendWrite({ queryUrl: config.queryUrl, callerKey: callerKeyOf(config), clock }),
      }),
      ...createTokenRoutes({ localTokens, packRoutes }),
      ...createLimitRoutes({ limits, addressOf, store, wake, clock }),
      ...createOriginAdmin({ store, wake }),
      ...createIssuerAdmin({ store, wake, plainHosts: config.jwksPlainHosts, packRoutes }),
      ...createHealth({
        ...{ version: VERSION, dependencies: dependenciesOf(parts), isDraining },
        packs: () => packRoutes.signatures(config.loginTenant),
      }),
    },
  });
  return createGate({
    authenticate: createAuthenticate({
      keys,
      readToken: createReadToken({ issuers, localTokens, clock }),
      isLoaded: control.isLoaded,
      clock,
    }),
    limits: gateLimits,
    isOff: createIsOff({ ...config, book: limits.book }),
    proxy,
    controlApp,
    origins,
    audit,
    live,
    sockets: { subscriptionsMax: config.liveSubscriptionsMax, idleMs: config.liveIdleS * 1_000 },
    packRoutes,
    telemetry: createRequestTelemetry({ clock, log, metrics, tracing }),
    step: tracing.step,
    bodyBytesMax: config.bodyBytesMax,
    log,
  });
}

/** Past a pooler of transactions: who listens needs a session. */
function controlChanges({ config, database }: Parts): Pick<Publishing, 'outbox' | 'listen'> {
  const at = { ...database, databaseUrl: directDatabaseUrlOf(config) };
  return { outbox: createControlOutbox(database), listen: (onChange) => listenForControlChanges({ ...at, onChange }) };
}

function createLimitsOf(parts: Pick<Parts, 'config' | 'context' | 'metrics' | 'client' | 'redis' | 'signal'>): StartedLimits {
  const { config, context, metrics, client, redis, signal } = parts;
  return startLimits({
    ...{ client, topic: topicNames(config.topicPrefix).decisions, signal },
    buckets: createRedisBuckets({ redis, timeoutMs: config.limitBudgetMs }),
    budgetMs: config.limitBudgetMs,
    isTogether: config.redisCluster.length === 0,
    settings: limitSettings(config),
    prefix: config.redisPrefix,
    hashKey: deriveKey(config.secretKey, 'tidegate/limits', 32),
    gateway: randomUUID(),
    clock,
    random,
    metrics,
    log: context.log,
  });
}

function dependenciesOf({ context, metrics, store, client, redis, topic, signal }: Parts): ReturnType<typeof watchDependencies> {
  const admin = client.createAdmin();
  signal.addEventListener('abort', () => void admin.close(), { once: true });
  return watchDependencies({
    checks: { kafka: () => admin.describeTopic(topic), redis: () => redis.ping() },
    readProgress: store.readCountedThrough,
    metrics,
    log: context.log,
    signal,
    clock,
  });
}
