import { randomBytes } from 'node:crypto';
import { createLogClient, ensureTidegateTopics, topicNames } from '@tidegate/kafka';
import { seedDemo } from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { Logger } from '@tidegate/telemetry';
import { silentLogger } from '@tidegate/telemetry';
import { testServers } from '@tidegate/testkit';
import { expect, vi } from 'vitest';
import type { GatewayConfig, RunningGateway } from '../src/app.ts';
import { startApp } from '../src/app.ts';
import type { Upstream } from './recording-upstream.ts';
import { startUpstream } from './recording-upstream.ts';

export interface Servers {
  readonly kafkaBrokers: string;
  readonly databaseUrl: string;
  readonly redisPort: number;
  readonly upstreamUrl: string;
  /** Begins topics and keys. */
  readonly prefix: string;
}

/** Settings of a gateway over test servers. */
export function gatewayConfig({ kafkaBrokers, databaseUrl, redisPort, upstreamUrl, prefix }: Servers): GatewayConfig {
  return {
    apiHost: '127.0.0.1',
    apiPort: 0,
    ...{ tlsCertFile: '', tlsKeyFile: '', tlsVersionMin: '1.3', hstsSeconds: 0 },
    ...{ redirectPort: null, redirectToPort: 443, redirectHosts: [] },
    ingestUrl: upstreamUrl,
    queryUrl: upstreamUrl,
    ...{ upstreamConnections: 128, upstreamTurnWithinMs: 2_000 },
    bodyBytesMax: 1_000_000,
    ...{ livePerKeyMax: 100, livePerTenantMax: 1_000, liveSubscriptionsMax: 50, liveIdleS: 60, drainLingerMs: 0 },
    jwksPlainHosts: ['127.0.0.1'],
    loginTenant: 'demo',
    // All of a test comes from one address.
    ...{
      ...{ enableAnalytics: true, enableLive: true, enableAudit: true, redisStartWaitMs: 2_000 },
      rateLimitEnabled: true,
      limitIpPerMinute: 6_000_000,
      limitGlobalPerMinute: 6_000_000,
      limitFitnessPerMinute: 60,
      trustedProxies: '',
    },
    limitIngestPerMinute: 60_000,
    limitApiKeyPerMinute: 1_000,
    limitBudgetMs: 25,
    kafkaBrokers: kafkaBrokers.split(','),
    kafkaClient: 'platformatic',
    ...{ kafkaSaslMechanism: 'none', kafkaSaslUsername: '', kafkaSaslPassword: '', kafkaTls: false, kafkaTlsCa: '' },
    topicPrefix: prefix,
    databaseUrl,
    ...{ databaseHost: '', databasePort: 0, databaseName: '', databaseUser: '', databasePassword: '' },
    ...{ databasePooler: 'none', databaseDirectUrl: 'none' },
    ...{ redisUrl: 'none', redisHost: '127.0.0.1', redisPort, redisDb: 0, redisPassword: '' },
    ...{ redisSsl: false, redisTlsCa: '', redisTimeoutMs: 2_000, redisCluster: [] },
    redisPrefix: prefix,
    secretKey: randomBytes(32),
    metricsHost: '127.0.0.1',
    profileToken: 'none',
    metricsPort: 0,
    logLevel: 'info',
    ...{ debug: false, environment: 'test' },
    otlpEndpoint: 'none',
    traceRatio: 1,
    ...{ metricsExporter: 'prometheus', metricsEveryMs: 60_000, logsExporter: 'none' },
  };
}

export function startGatewayOf(config: GatewayConfig, log: Logger = silentLogger): Promise<RunningGateway> {
  return startApp(config, { log, signal: new AbortController().signal, fatal: (event) => expect.fail(event) });
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface CallOptions {
  readonly credential?: string | null;
  readonly body?: unknown;
  readonly port?: number;
  /** Whom a proxy in front says that it is for. */
  readonly address?: string;
}

export interface GatewayUnderTest {
  readonly upstream: Upstream;
  /** Begins its keys in Redis. */
  readonly prefix: string;
  /** With the demo's administrator's key unless another credential, or null for none, is given. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** A second gateway over the same servers. */
  startAnother(): Promise<RunningGateway>;
  /** Rows of a table of its database. */
  rows(statement: string): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** A gateway with a database and topics of its own. */
export async function startGateway(settings: Partial<GatewayConfig> = {}): Promise<GatewayUnderTest> {
  const { kafkaBrokers, redisUrl } = testServers();
  const prefix = `gw-${randomBytes(6).toString('hex')}.`;
  const [upstream, database] = await Promise.all([startUpstream(), createMigratedDatabase()]);
  const { adminKey } = await seedDemo({ databaseUrl: database.url });
  const client = await createLogClient({ kind: 'platformatic', brokers: kafkaBrokers.split(','), clientId: 'test' });
  const admin = client.createAdmin();
  await ensureTidegateTopics(admin, { prefix, partitions: 1, replicationFactor: 1 });
  const redisPort = Number(new URL(redisUrl).port);
  const base = gatewayConfig({ kafkaBrokers, databaseUrl: database.url, redisPort, upstreamUrl: upstream.url, prefix });
  // What these tests ask is counted in Redis, however busy the machine is.
  const config = { ...base, limitBudgetMs: 10_000, ...settings };
  const gateway = await startGatewayOf(config);
  // Until it has read the topic it answers 503.
  const authorization = `Bearer ${adminKey}`;
  await vi.waitUntil(
    async () => (await fetch(`http://127.0.0.1:${gateway.port}/v1/admin/keys`, { headers: { authorization } })).status === 200,
    { timeout: 20_000 },
  );
  return {
    upstream,
    prefix,
    call: async (method, path, { credential = adminKey, body, port = gateway.port, address } = {}) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: {
          ...(credential === null ? {} : { authorization: `Bearer ${credential}` }),
          ...(address === undefined ? {} : { 'x-forwarded-for': address }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>) };
    },
    startAnother: () => startGatewayOf(config),
    rows: (statement) => database.query<Record<string, unknown>>(statement),
    close: async () => {
      await gateway.stop();
      await admin.deleteTopics(Object.values(topicNames(prefix)));
      await admin.close();
      await client.close();
      await upstream.close();
      await database.drop();
    },
  };
}
