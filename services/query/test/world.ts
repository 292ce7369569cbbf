import { randomBytes } from 'node:crypto';
import { encodeAnnouncement, encodeReceipt, NOTHING_SEALED, seriesEntry } from '@tidegate/core';
import type { SeriesEntry } from '@tidegate/core';
import { CALLER_HEADER, signCaller } from '@tidegate/http';
import type { Caller } from '@tidegate/http';
import { createLogClient, createRecordBatch, encodeHeaders, ensureTidegateTopics, NO_HEADERS, topicNames } from '@tidegate/kafka';
import { createPool } from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import { connectRedis, whenConnected } from '@tidegate/redis';
import { createSealer, deriveKey, readConfig } from '@tidegate/runtime';
import { silentLogger } from '@tidegate/telemetry';
import type { Logger } from '@tidegate/telemetry';
import { createTcpProxy, testServers } from '@tidegate/testkit';
import type { RunningQuery } from '../src/app.ts';
import { startQuery } from '../src/app.ts';
import { queryConfig } from '../src/config.ts';
import { countState, DAY_S } from './fixtures.ts';

export const SECRET = 'a secret of the tests that is long enough';
const encoder = new TextEncoder();

export interface Commit {
  readonly partition: number;
  readonly page: string;
  readonly count: number;
  readonly subject?: string;
  /** False: committed to Postgres, and the announcement never came. */
  readonly isAnnounced?: boolean;
}

/** The service against real servers, with the owner of the partitions played by the test. */
export type World = Awaited<ReturnType<typeof createWorld>>;

export async function createWorld(partitions: number) {
  const name = `tidegate_query_test_${randomBytes(5).toString('hex')}`;
  const database = await createDatabase(partitions);
  const log = await createLog(name, partitions);
  const cache = await createCache(name);
  const services = createServices({ name, databaseUrl: database.url, topicPrefix: log.prefix, redisPort: cache.proxy.port });
  return {
    ...services,
    ...createOwner(database, log),
    lock: database.lock,
    databaseUrl: database.url,
    /** A statement of the owner of the database. */
    sql: async (statement: string, values: unknown[] = []) => (await database.pool.query<Record<string, unknown>>(statement, values)).rows,
    ...cache,
    topics: log.topics,
    sendJson: log.sendJson,
    async close(): Promise<void> {
      await services.stopAll();
      await cache.close();
      await log.close();
      await database.drop();
    },
  };
}

async function createDatabase(partitions: number) {
  const { url, drop } = await createMigratedDatabase();
  const pool = createPool({ databaseUrl: url, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 10_000 });
  await pool.query(
    `INSERT INTO partition_progress (lane, partition, owner, term, commit_no, next_offset, log_generation, topic_id, complete_through)
     SELECT 'live', p, '\\x00', 1, 0, 0, 1, 'test', now() FROM generate_series(0, $1::int4 - 1) p`,
    [partitions],
  );
  return {
    url,
    pool,
    /** Makes every reading of the table wait until what it returns is called. */
    async lock(table: 'cell' | 'raw_event'): Promise<() => Promise<void>> {
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query(`LOCK TABLE ${table}`);
      return async () => {
        await client.query('ROLLBACK');
        client.release();
      };
    },
    async drop(): Promise<void> {
      await pool.end();
      await drop();
    },
  };
}

async function createLog(name: string, partitions: number) {
  const prefix = `${name}.`;
  const topics = topicNames(prefix);
  const client = await createLogClient({ kind: 'platformatic', brokers: testServers().kafkaBrokers.split(','), clientId: name });
  const admin = client.createAdmin();
  await ensureTidegateTopics(admin, { prefix, partitions, replicationFactor: 1 });
  const producer = await client.createProducer();
  const send = async (
    topic: string,
    partition: number,
    record: readonly [key: Uint8Array, value: Uint8Array, headers: Uint8Array],
  ): Promise<void> => {
    const batch = createRecordBatch();
    batch.add(...record);
    await producer.append(topic, partition, batch);
  };
  return {
    prefix,
    topics,
    announce: async (partition: number, value: Uint8Array) =>
      send(topics.rollups, partition, [Uint8Array.of(partition, 0), value, NO_HEADERS]),
    async sendJson(topic: string, key: string, value: unknown): Promise<void> {
      const headers = encodeHeaders([{ name: 'v', value: encoder.encode('1') }]);
      await send(topic, 0, [encoder.encode(key), encoder.encode(JSON.stringify(value)), headers]);
    },
    async close(): Promise<void> {
      await producer.close();
      await admin.deleteTopics(Object.values(topics));
      await admin.close();
      await client.close();
    },
  };
}

async function createCache(name: string) {
  const { redisUrl } = testServers();
  const redis = connectRedis({ address: { url: redisUrl }, name, commandTimeoutMs: 5_000 });
  await whenConnected(redis, 5_000);
  const { hostname, port } = new URL(redisUrl);
  const proxy = await createTcpProxy({ host: hostname, port: Number(port) });
  const keys = async (): Promise<string[]> => redis.keys(`${name}:*`);
  /** What FLUSHALL does to this installation, without harming others on the server. */
  const forgetRedis = async (): Promise<void> => {
    const all = await keys();
    if (all.length > 0) await redis.del(...all);
  };
  return {
    proxy,
    redis,
    keys,
    forgetRedis,
    async close(): Promise<void> {
      await proxy.close();
      await forgetRedis();
      redis.disconnect();
    },
  };
}

interface Places {
  readonly name: string;
  readonly databaseUrl: string;
  readonly topicPrefix: string;
  readonly redisPort: number;
}

interface Call {
  readonly body?: unknown;
  readonly tenant?: string;
  /** Of the caller, beside or instead of what all have. */
  readonly as?: Partial<Caller>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: Uint8Array;
  readonly signal?: AbortSignal;
}

function createServices({ name, databaseUrl, topicPrefix, redisPort }: Places) {
  const running = new Set<RunningQuery>();
  const env = {
    KAFKA_BROKERS: testServers().kafkaBrokers,
    TOPIC_PREFIX: topicPrefix,
    DATABASE_URL: databaseUrl,
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    REDIS_PREFIX: name,
    LISTEN_PORT: '0',
    METRICS_PORT: '0',
    PSEUDONYM_SECRET: SECRET,
    SECRET_KEY: SECRET,
    FIELD_KEYS: Buffer.alloc(32, 1).toString('base64'),
    // The shared machine of the tests may pause longer than a server of one's own.
    CACHE_BUDGET_MS: '500',
  };
  const stop = async (service: RunningQuery): Promise<void> => {
    running.delete(service);
    await service.stop();
  };
  return {
    stop,
    stopAll: async () => Promise.all([...running].map(stop)),
    async start(more: Readonly<Record<string, string>> = {}, log: Logger = silentLogger): Promise<RunningQuery> {
      const config = readConfig(queryConfig, { ...env, ...more });
      if (!config.ok) throw new Error(JSON.stringify(config.faults));
      const fatal = (_: string, error: unknown): void => {
        throw error;
      };
      const service = await startQuery(config.value, { log, signal: new AbortController().signal, fatal });
      running.add(service);
      return service;
    },
    async call(service: RunningQuery, path: string, asked: Call = {}) {
      const response = await send(service, path, asked);
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
    bytes: async (service: RunningQuery, path: string, asked: Call = {}) =>
      new Uint8Array(await (await send(service, path, asked)).arrayBuffer()),
  };
}

function send(service: RunningQuery, path: string, { body, tenant = 'acme', as = {}, headers, key, signal }: Call): Promise<Response> {
  const callerKey = key ?? deriveKey(encoder.encode(SECRET), 'tidegate/caller', 32);
  const caller = signCaller(callerKey, { tenant, keyId: 'k1', scopes: ['query:read'], ...as }, Date.now());
  return fetch(`http://127.0.0.1:${service.port}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { [CALLER_HEADER]: caller, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
}

type Database = Awaited<ReturnType<typeof createDatabase>>;
type Log = Awaited<ReturnType<typeof createLog>>;

function createOwner({ pool }: Database, { announce, topics }: Log) {
  const totals = new Map<string, number>();
  const commitNos = new Map<number, number>();
  const offsets = new Map<number, number>();
  const raise = <K>(of: Map<K, number>, key: K, by: number): number => {
    const next = (of.get(key) ?? 0) + by;
    of.set(key, next);
    return next;
  };
  return {
    /** A commit as the owner makes it: cells and progress in one transaction, then the announcement. */
    async commit({ partition, page, count, subject = '', isAnnounced = true }: Commit): Promise<void> {
      const setNo = subject === '' ? 0 : 1;
      const dims = setNo === 0 ? [page] : [];
      const series: SeriesEntry = seriesEntry({ tenant: 'acme', metric: 'wiki.edits', version: 1, setNo, subject, dims });
      const id = Buffer.from(series.id).toString('hex');
      const state = countState(raise(totals, `${id}/${partition}`, count));
      const commitNo = raise(commitNos, partition, 1);
      const nextOffset = raise(offsets, partition, count);
      await pool.query(
        `WITH s AS (INSERT INTO series VALUES ($1, 'acme', 'wiki.edits', 1, $2, $3, $4) ON CONFLICT DO NOTHING),
           c AS (INSERT INTO cell VALUES ($1, 2, $5, $6, $7, 1, $8, 0)
             ON CONFLICT (series_id, grain, bucket_s, partition) DO UPDATE SET state = excluded.state, commit_no = excluded.commit_no)
         UPDATE partition_progress SET commit_no = $8, next_offset = $9, complete_through = now() WHERE lane = 'live' AND partition = $6`,
        [id, setNo, subject, dims, DAY_S, partition, Buffer.from(state), commitNo, nextOffset],
      );
      if (!isAnnounced) return;
      const cells = [{ series: 0, grain: 2 as const, bucketS: DAY_S, revision: 0, state }];
      const numbers = {
        partition,
        term: 1,
        commitNo,
        previousCommitNo: commitNo - 1,
        nextOffset,
        completeThroughMs: Date.now(),
        logGeneration: 1,
        backfill: null,
        sealed: NOTHING_SEALED,
      };
      for (const value of encodeAnnouncement({ ...numbers, series: [series], cells })) await announce(partition, value);
    },
    /** The record `more` after the partition's next offset becomes a rejected row, as the owner writes it before it moves on. */
    async reject({ partition, more }: { readonly partition: number; readonly more: number }): Promise<void> {
      await pool.query(
        `INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, received_at)
         VALUES ('acme', $1, 1, $2, $3, 'event_unstorable', '', 'events', 1, '\\x00', now())`,
        [topics.events, partition, (offsets.get(partition) ?? 0) + more],
      );
    },
    /** A receipt for the events of a partition up to its next offset, and `more` to come. */
    receipt(partition: number, more: number, tenant = 'acme'): string {
      const lastOffset = (offsets.get(partition) ?? 0) + more - 1;
      const count = Math.max(1, more);
      const entries = [{ lane: 'live' as const, partition, runs: [{ first: lastOffset - count + 1, count }] }];
      const sealer = createSealer(deriveKey(encoder.encode(SECRET), 'tidegate/receipt', 32));
      return `tgr1.${Buffer.from(sealer.seal(encodeReceipt({ tenant, logGeneration: 1, entries }))).toString('base64url')}`;
    },
  };
}

/** Asks again until the condition holds, and fails with the last answer when that takes too long. */
export async function until<T>(look: () => Promise<T>, holds: (seen: T) => boolean, withinMs = 20_000): Promise<T> {
  const endMs = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > endMs) throw new Error(`not in time; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
