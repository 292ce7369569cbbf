import { request } from 'node:http';
import { hashParts, parsePack } from '@tidegate/core';
import type { Caller } from '@tidegate/http';
import { CALLER_HEADER, signCaller } from '@tidegate/http';
import type { LogClient } from '@tidegate/kafka';
import { createRecordBatch, encodeHeaders, tidegateTopics, topicNames } from '@tidegate/kafka';
import type { MemoryBroker } from '@tidegate/kafka/memory';
import { createMemoryBroker } from '@tidegate/kafka/memory';
import { deriveKey, systemClock } from '@tidegate/runtime';
import type { Logger } from '@tidegate/telemetry';
import { silentLogger } from '@tidegate/telemetry';
import type { IngestApp, IngestAppDeps } from '../src/app.ts';
import { startIngest } from '../src/app.ts';
import type { IngestConfig } from '../src/config.ts';

export const NOW_MS = Date.UTC(2026, 10, 21, 9);
export const PARTITIONS = 4;
export const topics = topicNames('t.');
const encoder = new TextEncoder();

export const config: IngestConfig = {
  kafkaBrokers: [],
  kafkaClient: 'platformatic',
  ...{ kafkaSaslMechanism: 'none', kafkaSaslUsername: '', kafkaSaslPassword: '', kafkaTls: false, kafkaTlsCa: '' },
  topicPrefix: 't.',
  ...{
    databaseUrl: 'none',
    databaseHost: '',
    databasePort: 5432,
    databaseName: '',
    databaseUser: '',
    databasePassword: '',
    databasePooler: 'none',
    databaseDirectUrl: 'none',
  },
  pseudonymSecret: encoder.encode('pseudonym-secret-of-thirty-two-bytes'),
  fieldKeys: [new Uint8Array(32).fill(7)],
  secretKey: encoder.encode('secret-key-of-at-least-thirty-two-bytes'),
  listenHost: '127.0.0.1',
  listenPort: 0,
  metricsHost: '127.0.0.1',
  metricsPort: 0,
  profileToken: 'none',
  logLevel: 'error',
  ...{ debug: false, environment: 'test' },
  otlpEndpoint: 'none',
  traceRatio: 1,
  ...{ metricsExporter: 'prometheus', metricsEveryMs: 60_000, logsExporter: 'none' },
  eventBytesMax: 262_144,
  eventsMax: 10_000,
  bodyBytesMax: 16_777_216,
  bufferBytesMax: 67_108_864,
  lingerMs: 1,
  pseudonymCacheEntries: 1_000,
  personKeyCacheEntries: 1_000,
  liveEventsPerS: 0,
  aheadMaxMs: 300_000,
  eventsRetentionHours: 168,
  rejectedBytesPerDay: 1_048_576,
};

export const pack = {
  pack: 'shop',
  title: 'Shop',
  events: {
    'shop.sold': {
      fields: {
        item: { type: 'string', dimension: true, max_length: 100 },
        count: { type: 'integer', min: 0 },
        price: { type: 'decimal', optional: true },
        note: { type: 'string', optional: true, sensitive: 'pii', action: 'hash', why: 'for the tests' },
      },
    },
  },
  metrics: {
    sales: {
      events: ['shop.sold'],
      dimensions: ['item'],
      measures: { count: { measure: 'sum', field: 'count' }, price: { measure: 'sum', field: 'price' } },
    },
  },
};

/** Writes a control record as the publisher does. */
export async function publish(client: LogClient, key: string, record: unknown): Promise<void> {
  const producer = await client.createProducer();
  const batch = createRecordBatch();
  batch.add(encoder.encode(key), encoder.encode(JSON.stringify(record)), encodeHeaders([{ name: 'v', value: encoder.encode('1') }]));
  await producer.append(/^(live|backfill)\//.test(key) ? topics.progress : topics.control, 0, batch);
  await producer.close();
}

export function packRecord(source: unknown, version = 1): unknown {
  const parsed = parsePack(source);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return {
    version,
    value: {
      pack: parsed.value.pack,
      version,
      source: parsed.value,
      metrics: Object.fromEntries(Object.keys(parsed.value.metrics).map((name) => [name, 1])),
    },
  };
}

export interface IngestFixture {
  readonly broker: MemoryBroker;
  readonly client: LogClient;
  readonly app: IngestApp;
}

/** What stands in place of tables; absent: nothing does, and Postgres is not named. */
export type FixtureStores = Pick<IngestAppDeps, 'rejected' | 'bulk' | 'jobs' | 'personKeys' | 'subjectIds' | 'erasures'> & {
  readonly log?: Logger;
};

/** The service on an in-memory log that holds one pack of the tenant `acme`. */
export async function startFixture(changes: Partial<IngestConfig> = {}, stores: FixtureStores = {}): Promise<IngestFixture> {
  const broker = createMemoryBroker({ now: () => NOW_MS });
  for (const spec of tidegateTopics({ prefix: 't.', partitions: PARTITIONS, replicationFactor: 1 })) broker.createTopic(spec);
  const client = broker.createClient('test');
  await publish(client, 'partitions/-/events', { version: 1, value: { count: PARTITIONS } });
  await publish(client, 'pack/acme/shop', packRecord(pack));
  const clock = { nowMs: () => NOW_MS, monotonicMs: systemClock.monotonicMs };
  const app = await startIngest({ ...config, ...changes }, { log: silentLogger, clock, client: broker.createClient('ingest'), ...stores });
  await app.ready;
  return { broker, client, app };
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Record<string, unknown>;
}

export interface SendOptions {
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  /** Default: that of events. */
  readonly path?: string;
  readonly method?: string;
  readonly tenant?: string;
  /** Of a person's token. */
  readonly person?: Partial<Caller>;
  /** When the gateway signs. */
  readonly nowMs?: number;
}

export function callerHeaders(tenant = 'acme', nowMs = NOW_MS, person: Partial<Caller> = {}): Record<string, string> {
  const key = deriveKey(config.secretKey, 'tidegate/caller', 32);
  return { [CALLER_HEADER]: signCaller(key, { tenant, keyId: 'k1', scopes: ['ingest:write'], ...person }, nowMs) };
}

/** Sends one request as the gateway would. */
export function send(app: Pick<IngestApp, 'port'>, body: string | Uint8Array, options: SendOptions = {}): Promise<HttpAnswer> {
  const headers = {
    ...callerHeaders(options.tenant, options.nowMs, options.person),
    'content-type': options.type ?? 'application/x-ndjson',
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: app.port,
        path: `${options.path ?? '/v1/events'}${options.query ?? ''}`,
        method: options.method ?? 'POST',
        headers,
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body:
              text === '' || response.headers['content-type'] === 'application/octet-stream'
                ? { text }
                : (JSON.parse(text) as Record<string, unknown>),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export function event(id: string, data = '"item":"a","count":1', envelope = ''): string {
  return `{"id":${JSON.stringify(id)},"type":"shop.sold","occurred_at":"2026-11-21T08:00:00Z"${envelope},"data":{${data}}}`;
}

export interface StoredRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly headers: ReadonlyMap<string, Uint8Array>;
}

/** Ids of what lies in events.v1, in order of partition and offset. */
export function idsOf(records: readonly StoredRecord[]): string[] {
  return records.map(({ value }) => (JSON.parse(Buffer.from(value).toString()) as { id: string }).id);
}

/** The identity of section 2 of the format page, computed from its words. */
export function expectedIdentity(parts: readonly string[]): Uint8Array {
  return hashParts(deriveKey(config.pseudonymSecret, 'tidegate/identity', 16), parts).subarray(0, 12);
}
