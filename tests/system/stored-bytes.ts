import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLogClient, topicNames, type LogClient, type RecordSlab } from '@tidegate/kafka';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Tidegate } from '@tidegate/native';

/** Everything that the system keeps or says anywhere, place by place: what a search for a person would look through. */
export async function readAllStoredBytes(tidegate: Tidegate): Promise<ReadonlyMap<string, Buffer>> {
  const places = new Map<string, Buffer>();
  for (const file of readdirSync(tidegate.logDir)) places.set(`log ${file}`, readFileSync(join(tidegate.logDir, file)));
  await readTopics(tidegate, places);
  await readRedis(tidegate, places);
  await readTables(tidegate, places);
  await readMetrics(tidegate, places);
  return places;
}

async function readTopics(tidegate: Tidegate, places: Map<string, Buffer>): Promise<void> {
  const client = await createLogClient({
    kind: 'platformatic',
    brokers: tidegate.addresses.kafkaBrokers.split(','),
    clientId: 'canary-reader',
  });
  const admin = client.createAdmin();
  for (const topic of Object.values(topicNames(tidegate.topicPrefix))) {
    const { partitions } = (await admin.describeTopic(topic)) ?? { partitions: 0 };
    const ends = await admin.offsets(
      topic,
      Array.from({ length: partitions }, (_, index) => index),
    );
    const chunks: Buffer[] = [];
    await Promise.all([...ends].map(([partition, { start, end }]) => readPartition({ client, topic, partition, start, end }, chunks)));
    places.set(`topic ${topic.slice(tidegate.topicPrefix.length)}`, Buffer.concat(chunks));
  }
  await admin.close();
  await client.close();
}

interface PartitionRange {
  readonly client: LogClient;
  readonly topic: string;
  readonly partition: number;
  readonly start: number;
  readonly end: number;
}

async function readPartition(range: PartitionRange, chunks: Buffer[]): Promise<void> {
  if (range.end <= range.start) return;
  const done = Promise.withResolvers<void>();
  const onSlab = (slab: RecordSlab): void => {
    chunks.push(Buffer.from(slab.bytes));
    if (slab.nextOffset >= range.end) done.resolve();
  };
  const reader = range.client.createReader({ onSlab, onOutOfRange: () => done.reject(new Error(`${range.topic} out of range`)) });
  reader.assign(range.topic, range.partition, range.start);
  await done.promise;
  await reader.close();
}

async function readRedis(tidegate: Tidegate, places: Map<string, Buffer>): Promise<void> {
  const redis = new Redis(tidegate.addresses.redisUrl);
  const chunks: Buffer[] = [];
  for await (const keys of redis.scanStream({ match: `${tidegate.redisPrefix}:*`, count: 500 })) {
    for (const key of keys as string[]) {
      chunks.push(Buffer.from(key), ...(await bytesOf(redis, key)));
    }
  }
  places.set('redis', Buffer.concat(chunks));
  await redis.quit();
}

/** A key may end between two looks at it, and then holds nothing. */
async function bytesOf(redis: Redis, key: string): Promise<readonly Buffer[]> {
  switch (await redis.type(key)) {
    case 'hash':
      return hashBytes(redis, key);
    case 'zset':
      return redis.zrangeBuffer(key, '0', '-1');
    case 'none':
      return [];
    default:
      return [(await redis.getBuffer(key)) ?? Buffer.alloc(0)];
  }
}

async function hashBytes(redis: Redis, key: string): Promise<readonly Buffer[]> {
  return Object.entries(await redis.hgetallBuffer(key)).flatMap(([field, value]) => [Buffer.from(field), value]);
}

async function readTables(tidegate: Tidegate, places: Map<string, Buffer>): Promise<void> {
  const client = new pg.Client({ connectionString: tidegate.addresses.databaseUrl });
  await client.connect();
  const tables = await client.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
  );
  for (const { name } of tables.rows) {
    // Row text shows bytea as hex: bytes that hold a text in the clear are looked for as hex too.
    const rows = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`);
    places.set(`table ${name}`, Buffer.from(rows.rows.map((row) => row.text).join('\n')));
  }
  await client.end();
}

async function readMetrics(tidegate: Tidegate, places: Map<string, Buffer>): Promise<void> {
  for (const name of tidegate.services.names) {
    const response = await fetch(`http://127.0.0.1:${tidegate.metricsPort(name)}/metrics`);
    places.set(`metrics ${name}`, Buffer.from(await response.text()));
  }
}
