import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createLogClient, createRecordBatch, encodeHeaders, ensureTidegateTopics, topicNames } from '@tidegate/kafka';
import type { LogClient } from '@tidegate/kafka';
import { createPool, migrate } from '@tidegate/postgres';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonical, controlRecord, eventHeaders } from './records.ts';
import { recount } from './recount.ts';
import type { TestEvent } from './records.ts';

const PARTITIONS = 4;
const EVENTS = 6_000;
const prefix = `agg-${randomBytes(4).toString('hex')}.`;
const topics = topicNames(prefix);
type Pool = ReturnType<typeof createPool>;
const encoder = new TextEncoder();
const START_MS = Date.UTC(2026, 2, 1, 12);

/** Two aggregators as processes, on the real servers, with a database and topics of their own. */
describe('two aggregators on real Kafka and Postgres', () => {
  const servers = testServers();
  const database = `tidegate_agg_${randomBytes(4).toString('hex')}`;
  const databaseUrl = Object.assign(new URL(servers.databaseUrl), { pathname: `/${database}` }).toString();
  const children: ChildProcess[] = [];
  const pools: Pool[] = [];
  let client: LogClient;

  beforeAll(async () => {
    await onServer(`CREATE DATABASE ${database}`);
    await migrate({ databaseUrl });
    client = await createLogClient({ kind: 'platformatic', brokers: servers.kafkaBrokers.split(','), clientId: `${prefix}test` });
    const admin = client.createAdmin();
    await ensureTidegateTopics(admin, { prefix, partitions: PARTITIONS, replicationFactor: 1 });
    await admin.close();
  });

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(pools.map((pool) => pool.end()));
    const admin = client.createAdmin();
    await admin.deleteTopics(Object.values(topics));
    await admin.close();
    await client.close();
    await onServer(`DROP DATABASE ${database} WITH (FORCE)`);
  });

  async function onServer(text: string): Promise<void> {
    const pool = openOn(servers.databaseUrl);
    await pool.query(text);
    await pool.end();
  }

  function openOn(url: string): Pool {
    return createPool({ databaseUrl: url, applicationName: 'tidegate-test', connectionsMax: 2, statementTimeoutMs: 30_000 });
  }

  function openPool(): Pool {
    const pool = openOn(databaseUrl);
    pools.push(pool);
    return pool;
  }

  function startProcess(metricsPort: number): { child: ChildProcess; exited: Promise<number | null>; log: () => string } {
    const child = spawn('node', [fileURLToPath(new URL('../src/main.ts', import.meta.url))], {
      env: {
        PATH: process.env['PATH'] ?? '',
        KAFKA_BROKERS: servers.kafkaBrokers,
        DATABASE_URL: databaseUrl,
        TOPIC_PREFIX: prefix,
        FIELD_KEYS: randomBytes(32).toString('base64'),
        GROUP_SESSION_MS: '6000',
        METRICS_PORT: String(metricsPort),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let log = '';
    child.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    return { child, exited, log: () => log };
  }

  async function send(events: readonly TestEvent[]): Promise<void> {
    const producer = await client.createProducer();
    const batches = Array.from({ length: PARTITIONS }, () => createRecordBatch());
    events.forEach((event) =>
      batches[Number(event.id.slice(2)) % PARTITIONS]?.add(
        encoder.encode('k'),
        encoder.encode(canonical(event, 1)),
        eventHeaders(event.id),
      ),
    );
    await Promise.all(batches.map((batch, partition) => producer.append(topics.events, partition, batch)));
    await producer.close();
  }

  async function tellPack(): Promise<void> {
    const producer = await client.createProducer();
    const batch = createRecordBatch();
    batch.add(
      encoder.encode('pack/acme/shop'),
      encoder.encode(controlRecord(1)),
      encodeHeaders([{ name: 'v', value: encoder.encode('1') }]),
    );
    await producer.append(topics.control, 0, batch);
    await producer.close();
  }

  it('share the partitions, survive the SIGKILL of one with every event counted once, and stop cleanly on SIGTERM', async () => {
    await tellPack();
    const pool = openPool();
    const [first, second] = [startProcess(0), startProcess(0)];
    const events = makeEvents(EVENTS);
    const hasOwned = (log: string): boolean => log.includes('partition_taken_over');
    await poll(
      'both own partitions',
      async () => hasOwned(first.log()) && hasOwned(second.log()),
      () => first.log() + second.log(),
    );
    for (let at = 0; at < EVENTS; at += 500) await send(events.slice(at, at + 500));
    await poll('something is counted', async () => (await nextOffsets(pool)) > EVENTS / 4, second.log);
    first.child.kill('SIGKILL');
    // Sent again, all of it: half counted by the dead one, half by the living.
    for (let at = 0; at < EVENTS; at += 1_000) await send(events.slice(at, at + 1_000));
    await poll('the other owns all', async () => (await nextOffsets(pool)) === EVENTS * 2, second.log);

    const { rows } = await pool.query<{ n: string; ids: string }>('SELECT count(*) AS n, count(DISTINCT event_id) AS ids FROM raw_event');
    expect(rows[0]).toEqual({ n: String(EVENTS), ids: String(EVENTS) });
    expect(await rawByRegion(pool)).toEqual(byRegion(events));
    expect(await cellCount(pool)).toBe(recount(events).size);

    second.child.kill('SIGTERM');
    expect(await second.exited).toBe(0);
  });
});

function makeEvents(count: number): TestEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `e-${i}`,
    region: ['north', 'south', null][i % 3] ?? null,
    cents: i % 997,
    timeMs: START_MS - (i % 50) * 60_000,
  }));
}

async function nextOffsets(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ total: string | null }>(
    `SELECT sum(next_offset) AS total FROM partition_progress WHERE lane = 'live'`,
  );
  return Number(rows[0]?.total ?? 0);
}

async function rawByRegion(pool: Pool): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ region: string; n: string; total: string }>(
    `SELECT coalesce(data->>'region', '-') AS region, count(*) AS n, sum((data->>'price')::numeric) AS total FROM raw_event GROUP BY 1`,
  );
  return Object.fromEntries(rows.map((row) => [row.region, `${row.n} ${row.total}`]));
}

function byRegion(events: readonly TestEvent[]): Record<string, string> {
  const sums = new Map<string, { n: number; cents: number }>();
  for (const event of events) {
    const region = event.region ?? '-';
    const sum = sums.get(region) ?? { n: 0, cents: 0 };
    sums.set(region, { n: sum.n + 1, cents: sum.cents + event.cents });
  }
  return Object.fromEntries([...sums].map(([region, { n, cents }]) => [region, `${n} ${(cents / 100).toFixed(2)}`]));
}

async function cellCount(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: string }>('SELECT count(*) AS n FROM (SELECT DISTINCT series_id, bucket_s FROM cell) AS merged');
  return Number(rows[0]?.n);
}

async function poll(what: string, holds: () => Promise<boolean>, log: () => string, timeoutMs = 40_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
