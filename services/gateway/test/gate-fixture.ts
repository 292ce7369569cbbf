import type { PolicySource } from '@tidegate/core';
import type { Handler, ListenerOptions, NamedRoute, RouteNameOf } from '@tidegate/http';
import { createListener, createRequestTelemetry, listRoutes, sendJson } from '@tidegate/http';
import { mintApiKey, readApiKey } from '@tidegate/postgres';
import type { Buckets } from '@tidegate/redis';
import { createMemoryBuckets } from '@tidegate/redis/memory';
import type { Clock } from '@tidegate/runtime';
import { systemClock as clock } from '@tidegate/runtime';
import type { Metrics, Step } from '@tidegate/telemetry';
import { createMetrics, createTracing, silentLogger } from '@tidegate/telemetry';
import { createAudit } from '../src/audit/audit.ts';
import type { AuditedAccess, AuditLog } from '../src/audit/audit-log.ts';
import { createAuthenticate } from '../src/authenticate.ts';
import type { ControlApp } from '../src/control-app.ts';
import { createControlApp } from '../src/control-app.ts';
import type { Dependencies } from '../src/dependencies.ts';
import { createIsOff } from '../src/features.ts';
import { createGate } from '../src/gate.ts';
import { createHealth } from '../src/health.ts';
import type { KeyDirectory } from '../src/keys.ts';
import { createKeyDirectory } from '../src/keys.ts';
import { createClientAddress } from '../src/limits/client-address.ts';
import { createGateLimits } from '../src/limits/gate-limits.ts';
import type { Limits } from '../src/limits/limits.ts';
import { createLimits } from '../src/limits/limits.ts';
import type { OriginBook } from '../src/cors.ts';
import { createOriginBook } from '../src/cors.ts';
import type { LiveBounds } from '../src/live-slots.ts';
import { createLiveSlots } from '../src/live-slots.ts';
import type { PackRoutes } from '../src/pack-routes.ts';
import { createProxy } from '../src/proxy.ts';
import type { ProxyOptions } from '../src/proxy.ts';
import type { ReadToken } from '../src/tokens/tokens.ts';
import { oneView } from './one-view.ts';
import type { Upstream } from './recording-upstream.ts';
import { startUpstream } from './recording-upstream.ts';

export const CALLER_KEY: Uint8Array = new Uint8Array(32).fill(7);

export interface GateUnderTest {
  readonly port: number;
  readonly key: string;
  readonly upstream: Upstream;
  /** Names of the gateway's own routes that were run. */
  readonly handled: readonly string[];
  readonly metrics: Metrics;
  readonly limits: Limits;
  /** Accesses that were written down. */
  readonly audited: readonly AuditedAccess[];
  close(): Promise<void>;
}

export interface GateOptions {
  /** In place of one that keeps everything at once. */
  readonly auditLog?: Pick<AuditLog, 'note' | 'keep'>;
  /** Of keys; addresses and the installation have enough unless `policies` says otherwise. */
  readonly perMinute?: number;
  readonly policies?: Readonly<Record<string, PolicySource>>;
  readonly trustedProxies?: readonly string[];
  readonly scopes?: readonly string[];
  /** The only routes of the key; default: all. */
  readonly keyRoutes?: readonly string[];
  readonly dependencies?: Dependencies;
  readonly bodyBytesMax?: number;
  /** A service in place of the fixture's own. */
  readonly upstreamUrl?: string;
  /** In place of all that are declared. */
  readonly routes?: readonly NamedRoute[];
  /** Of jitter. */
  readonly random?: () => number;
  readonly live?: LiveBounds;
  /** Of one socket. */
  readonly subscriptionsMax?: number;
  /** Pages that may read answers, by tenant. */
  readonly origins?: Readonly<Record<string, readonly string[]>>;
  /** Exchanges with a service at once, and longest wait for one. */
  readonly exchanges?: Pick<ProxyOptions, 'connections' | 'turnWithinMs'>;
  /** Longest silence in a live answer. */
  readonly liveIdleMs?: number;
  /** Longest silence of a client in its body, or towards an answer. */
  readonly clientIdleMs?: number;
  readonly listener?: Omit<ListenerOptions, 'onUpgrade'>;
  readonly readToken?: ReadToken;
  readonly packRoutes?: PackRoutes;
  /** Default: they are there. */
  readonly enableAnalytics?: boolean;
  readonly enableLive?: boolean;
  /** Default: it is. */
  readonly isLimited?: boolean;
  /** Where limits are counted; default: in memory. */
  readonly buckets?: Pick<Buckets, 'take' | 'takeGroup'>;
  /** Longest wait for them; default 25 ms. */
  readonly limitBudgetMs?: number;
  /** Called before each look-up of a limit; the look-up waits for it. */
  readonly beforeLimit?: () => Promise<void>;
  /** The clock of the proxy; one that throws stands for a fault of the program. */
  readonly step?: Step;
  readonly proxyClock?: Clock;
}

const refuseTokens: ReadToken = () => ({ ok: false, code: 'credentials_invalid' });

const ALL_CONNECTED: Dependencies = {
  states: () => ({ kafka: 'connected', postgres: 'connected', redis: 'connected' }),
  progress: () => ({ partitions: 12, completeThroughMs: Date.UTC(2026, 10, 4, 10), seenMs: Date.UTC(2026, 10, 4, 10, 0, 1) }),
};

const ENOUGH: PolicySource = { limit: 6_000_000, burst: 1_000_000 };

function createLimitsOf(options: GateOptions, metrics: Metrics): Limits {
  const ofKeys: PolicySource = { limit: options.perMinute ?? 100_000 };
  const buckets = options.buckets ?? createMemoryBuckets({ nowUs: () => Math.floor(clock.nowMs() * 1_000) });
  return createLimits({
    buckets: {
      take: async (asks, weight) => {
        await options.beforeLimit?.();
        return buckets.take(asks, weight);
      },
      takeGroup: async (asks, weights) => {
        await options.beforeLimit?.();
        return buckets.takeGroup(asks, weights);
      },
    },
    settings: { ip: ENOUGH, network: ENOUGH, global: ENOUGH, auth_failure: ENOUGH, ingest: ofKeys, api_key: ofKeys, ...options.policies },
    prefix: 'test',
    hashKey: new Uint8Array(32).fill(9),
    append: () => Promise.resolve(),
    budgetMs: options.limitBudgetMs ?? 25,
    gateway: 'gate-1',
    clock,
    random: () => 0,
    metrics,
    log: silentLogger,
  });
}

/** Stands for a route of the gateway itself: answers with its name. */
function named(name: RouteNameOf<'gateway'>, handled: string[]): Handler {
  return (exchange) => {
    handled.push(name);
    sendJson(exchange, { route: name });
  };
}

const NO_PACKS: ReturnType<PackRoutes['signatures']> = { views: [], writes: [] };

function controlAppOf(options: GateOptions, handled: string[]): ControlApp {
  const own = listRoutes().flatMap(({ name, answers }) => (answers === 'gateway' ? [name as RouteNameOf<'gateway'>] : []));
  const handlers = Object.fromEntries(own.map((name) => [name, named(name, handled)])) as Record<RouteNameOf<'gateway'>, Handler>;
  const health = createHealth({
    ...{ version: '1.2.3', dependencies: options.dependencies ?? ALL_CONNECTED, isDraining: () => false },
    packs: () => options.packRoutes?.signatures('acme') ?? NO_PACKS,
  });
  return createControlApp({ log: silentLogger, handlers: { ...handlers, ...health } });
}

function auditInto(audited: AuditedAccess[]): Pick<AuditLog, 'note' | 'keep'> {
  return {
    note: (access) => void audited.push(access),
    keep: (access) => Promise.resolve(audited.push(access) > 0),
  };
}

/** One active key of the tenant acme. */
function directoryOfOne(scopes: readonly string[], routes?: readonly string[]): { readonly secret: string; readonly keys: KeyDirectory } {
  const { secret } = mintApiKey('live');
  const reading = readApiKey(secret);
  const keys = createKeyDirectory();
  keys.put('key/acme/key_1', {
    key_id: 'key_1',
    tenant: 'acme',
    kind: 'live',
    sha256: reading.ok ? reading.sha256Hex : '',
    scopes: [...scopes],
    ...(routes === undefined ? {} : { routes: [...routes] }),
    state: 'active',
    expires_at_ms: null,
    earlier: [],
  });
  return { secret, keys };
}

function originBookOf({ origins = {} }: GateOptions): OriginBook {
  const book = createOriginBook();
  for (const [tenant, list] of Object.entries(origins)) book.put(tenant, { origins: list });
  return book;
}

const pass: Step = (_name, action) => action();

const DEFAULTS = {
  scopes: ['ingest:write', 'query:read'] as readonly string[],
  bodyBytesMax: 16_842_752,
  proxyClock: clock,
  liveIdleMs: 60_000,
  clientIdleMs: 30_000,
  routes: listRoutes(),
  trustedProxies: [] as readonly string[],
  step: pass,
  readToken: refuseTokens,
  live: { perKeyMax: 100, perTenantMax: 1_000 },
  random: (): number => 0,
};

/** The gate with everything real but its neighbours: keys and buckets in memory, one upstream for both services. */
export async function startGate(options: GateOptions = {}): Promise<GateUnderTest> {
  const upstream = await startUpstream();
  const { scopes, proxyClock, routes, trustedProxies, step, readToken, live: bounds, random, ...held } = { ...DEFAULTS, ...options };
  const { bodyBytesMax, liveIdleMs, clientIdleMs } = held;
  const [{ secret, keys }, metrics] = [directoryOfOne(scopes, options.keyRoutes), createMetrics('gateway')];
  const url = options.upstreamUrl ?? upstream.url;
  const proxy = createProxy({
    upstreams: { ingest: url, query: url },
    callerKey: CALLER_KEY,
    clock: proxyClock,
    metrics,
    bodyBytesMax,
    liveIdleMs,
    clientIdleMs,
    ...options.exchanges,
  });
  const handled: string[] = [];
  const audited: AuditedAccess[] = [];
  const limits = createLimitsOf(options, metrics);
  const origins = originBookOf(options);
  const live = createLiveSlots(bounds, metrics);
  const gate = createGate({
    step,
    authenticate: createAuthenticate({ keys, readToken, isLoaded: () => true, clock }),
    limits: createGateLimits({
      limit: limits.limit,
      addressOf: createClientAddress(trustedProxies),
      isEnabled: options.isLimited ?? true,
      clock,
      random,
    }),
    isOff: createIsOff({ enableAnalytics: options.enableAnalytics ?? true, enableLive: options.enableLive ?? true, book: limits.book }),
    proxy,
    packRoutes: options.packRoutes ?? oneView(),
    audit: createAudit(options.auditLog ?? auditInto(audited)),
    live,
    sockets: { subscriptionsMax: options.subscriptionsMax ?? 50, idleMs: liveIdleMs },
    origins,
    routes,
    controlApp: controlAppOf(options, handled),
    telemetry: createRequestTelemetry({ clock, log: silentLogger, metrics, tracing: createTracing({ service: 'gateway' }) }),
    bodyBytesMax,
    log: silentLogger,
  });
  const listener = createListener(gate, { ...options.listener, onUpgrade: gate });
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  const close = async (): Promise<void> => {
    live.end();
    await listener.close(100);
    await Promise.all([upstream.close(), proxy.close()]);
  };
  return { port, key: secret, upstream, handled, limits, metrics, audited, close };
}
