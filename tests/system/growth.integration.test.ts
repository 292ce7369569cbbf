/** The whole road of a growth on real Kafka and Postgres: two ingests, two aggregators as processes, and the command between them. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { compilePack, decodeState, formatExact, GRAINS, parsePack, readMeasureAt } from '@tidegate/core';
import type { CompiledMeasure, CompiledPack } from '@tidegate/core';
import { createLogClient, createRecordBatch, encodeHeaders, ensureTidegateTopics, topicNames } from '@tidegate/kafka';
import type { LogAdmin, LogClient, LogProducer } from '@tidegate/kafka';
import { createControlStore, createGrowthStore } from '@tidegate/postgres';
import type { GrowthStore } from '@tidegate/postgres';
import { pause, systemClock } from '@tidegate/runtime';
import { silentLogger } from '@tidegate/telemetry';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { growPartitions } from '../../packages/cli/src/grow-partitions.ts';
import { createMigratedDatabase } from '../../packages/postgres/test/scratch-database.ts';
import type { ScratchDatabase } from '../../packages/postgres/test/scratch-database.ts';
import { startIngest } from '../../services/ingest/src/app.ts';
import type { IngestApp } from '../../services/ingest/src/app.ts';
import { config, event, NOW_MS, pack as shop, send } from '../../services/ingest/test/ingest-fixture.ts';

const [BEFORE, AFTER] = [3, 6];
const ITEMS = 20;
const { 'shop.sold': sale } = shop.events;
const stock = { over: 'item', measures: { n: { measure: 'count' }, count: { measure: 'sum', field: 'count' } } };
/** What was sold of an item last is a row of it; keys are those of the items. */
const pack = {
  ...shop,
  events: {
    'shop.sold': { ...sale, subject: 'none', key: 'item', fields: { ...sale.fields, item: { ...sale.fields.item, action: 'keep' } } },
  },
  entities: { item: { id: 'item', events: ['shop.sold'] } },
  metrics: { ...shop.metrics, stock },
};
/** The same figures over rows once more: to be made of raw events. */
const later = { ...pack, metrics: { ...pack.metrics, again: stock } };
const DEADLINE_MS = 60_000;
const encoder = new TextEncoder();
const servers = testServers();
const prefix = `grow-${randomBytes(4).toString('hex')}.`;
const topics = topicNames(prefix);

let database: ScratchDatabase;
let client: LogClient;
let admin: LogAdmin;
let producer: LogProducer;
let growth: GrowthStore;
const children: ChildProcess[] = [];
const ingests: IngestApp[] = [];
const ended = new AbortController();
let publishing: Promise<void> = Promise.resolve();
let logs = '';

beforeAll(async () => {
  database = await createMigratedDatabase();
  growth = createGrowthStore({ databaseUrl: database.url });
  client = await openClient('test');
  admin = client.createAdmin();
  producer = await client.createProducer();
  await ensureTidegateTopics(admin, { prefix, partitions: BEFORE, replicationFactor: 1 });
  const control = createControlStore({ databaseUrl: database.url });
  await control.ensurePartitions(BEFORE);
  await control.close();
  const { fields } = compiled(pack).entities.get('item') ?? { fields: [] };
  await database.query('SELECT ensure_entity_table($1, $2, $3, $4)', ['shop', 'item', fields.map(({ columnName }) => columnName), []]);
  await tell('pack/acme/shop', { version: 1, value: recordOf(pack, 1) });
  publishing = publish();
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  ended.abort();
  await publishing;
  await Promise.all(ingests.map((ingest) => ingest.stop()));
  await admin.deleteTopics(Object.values(topics));
  await Promise.all([producer.close(), admin.close(), growth.close()]);
  await client.close();
  await database.drop();
});

function openClient(name: string): Promise<LogClient> {
  return createLogClient({ kind: 'platformatic', brokers: servers.kafkaBrokers.split(','), clientId: `${prefix}${name}` });
}

async function tell(key: string, record: unknown): Promise<void> {
  const batch = createRecordBatch();
  batch.add(encoder.encode(key), encoder.encode(JSON.stringify(record)), encodeHeaders([{ name: 'v', value: encoder.encode('1') }]));
  await producer.append(topics.control, 0, batch);
}

/** In place of the gateway's publisher. */
async function publish(): Promise<void> {
  let told = 0;
  while (!ended.signal.aborted) {
    const [row] = await database.query<{ version: string; value: unknown }>(
      `SELECT version, value FROM control_record WHERE key = 'partitions/-/events'`,
    );
    const version = Number(row?.version ?? 0);
    if (version > told) await tell('partitions/-/events', { version, value: row?.value });
    told = version;
    await pause(50, ended.signal).catch(() => undefined);
  }
}

function startAggregator(): void {
  const child = spawn('node', [fileURLToPath(new URL('../../services/aggregator/src/main.ts', import.meta.url))], {
    env: {
      ...{ PATH: process.env['PATH'] ?? '', KAFKA_BROKERS: servers.kafkaBrokers, DATABASE_URL: database.url, TOPIC_PREFIX: prefix },
      ...{ FIELD_KEYS: randomBytes(32).toString('base64'), GROUP_SESSION_MS: '6000', METRICS_PORT: '0' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (logs += chunk.toString()));
}

/** An ingest that hears of what the control topic tells only while `hears` lets it. */
async function openIngest(name: string, hears: () => Promise<void>): Promise<IngestApp> {
  const own = await openClient(name);
  const deaf: LogClient = {
    ...own,
    createReader: (options) =>
      own.createReader({
        ...options,
        onSlab: async (slab) => {
          if (slab.topic === topics.control) await hears();
          await options.onSlab(slab);
        },
      }),
  };
  const clock = { nowMs: () => NOW_MS, monotonicMs: systemClock.monotonicMs };
  const app = await startIngest({ ...config, topicPrefix: prefix }, { clock, log: silentLogger, client: deaf });
  ingests.push(app);
  await app.ready;
  return app;
}

interface Sold {
  readonly id: string;
  readonly item: string;
  readonly count: number;
}

function soldBy(sender: string, from: number, count: number): readonly Sold[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `${sender}-${from + at}`,
    item: `i${(from + at) % ITEMS}`,
    count: ((from + at) % 7) + 1,
  }));
}

/** Sends until all of it is accepted, as a client does. Resolves to how often it was told to come again because the log grows. */
async function sendAll(app: IngestApp, sold: readonly Sold[]): Promise<number> {
  const lines = sold.map(({ id, item, count }) => event(id, `"item":"${item}","count":${count}`)).join('\n');
  const deadline = performance.now() + DEADLINE_MS;
  for (let refused = 0; ; refused += 1) {
    const { status, body } = await send(app, lines);
    if (status === 202) return refused;
    if (performance.now() > deadline) throw new Error(`not accepted: ${status} ${JSON.stringify(body)}`);
    if (status === 503) expect(body['code']).toBe('log_growing');
    await pause(100);
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms: ${what}\n${logs.slice(-6_000)}`);
    await pause(50);
  }
}

async function isCounted(): Promise<boolean> {
  const partitions = Array.from({ length: AFTER }, (_, partition) => partition);
  const ends = await admin.offsets(topics.events, partitions);
  const lanes = (await growth.readLanes()).filter(({ lane }) => lane === 'live');
  return lanes.length === AFTER && lanes.every(({ partition, nextOffset }) => nextOffset === ends.get(partition)?.end);
}

function compiled(source: object): CompiledPack {
  const parsed = parsePack(source);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
}

function recordOf(source: { readonly metrics: object }, version: number): Record<string, unknown> {
  const metrics = Object.fromEntries(Object.keys(source.metrics).map((name) => [name, 1]));
  return { pack: 'shop', version, source, metrics };
}

function measuresOf(metric: string): readonly CompiledMeasure[] {
  return compiled(pack).metrics.get(metric)?.measures ?? [];
}

/** How many rows there are, and the sum over them, out of the stored cells of all partitions: those of new ones may be negative. */
async function storedStock(metric: string): Promise<Readonly<Record<string, number>>> {
  const measures = measuresOf('stock');
  const rows = await database.query<{ state: Buffer }>(
    `SELECT c.state FROM cell c JOIN series s USING (series_id) WHERE c.grain = $1 AND s.metric = $2`,
    [GRAINS.quarter_hour.code, metric],
  );
  return Object.fromEntries(
    measures.map(({ name }, at) => [name, rows.reduce((sum, { state }) => sum + numberAt(state, measures, at), 0)]),
  );
}

/** All occurred at one instant: of an item that with the greatest id stands. */
function lastOf(sold: readonly Sold[]): Readonly<Record<string, number>> {
  const last = new Map<string, Sold>();
  for (const one of sold) if (one.id > (last.get(one.item)?.id ?? '')) last.set(one.item, one);
  return Object.fromEntries([...last].map(([item, { count }]) => [item, count]));
}

async function storedRows(): Promise<Readonly<Record<string, number>>> {
  const rows = await database.query<{ item: string; count: string }>(
    `SELECT _id AS item, "count.numeric"::text AS count FROM "entity.shop.item" WHERE _exists`,
  );
  return Object.fromEntries(rows.map(({ item, count }) => [item, Number(count)]));
}

/** On so many partitions; of a metric, or of the rows themselves. */
async function isMade(partitions: number, metric = ''): Promise<boolean> {
  const rows = await database.query<{ state: string }>(`SELECT state FROM partition_task WHERE kind = 'version' AND name LIKE $1`, [
    `%${metric}%`,
  ]);
  return rows.length === partitions && rows.every(({ state }) => state === 'done');
}

async function recountStock(): Promise<void> {
  // What the publisher says each second: owners recount what they know whole.
  await tell('beat/-/publisher', { version: Date.now(), value: {} });
  const [{ no } = { no: 0 }] = await database.query<{ no: number }>(
    `INSERT INTO recount_request (tenant, metric, asked_by) VALUES ('acme', 'stock', 'k') RETURNING request_no::int AS no`,
  );
  await until('the stock is recounted', async () => {
    const rows = await database.query<{ cursor: { last: { request_no: number } | null } }>(
      `SELECT cursor FROM partition_task WHERE kind = 'recount' AND name LIKE '% stock %'`,
    );
    return rows.filter(({ cursor: { last } }) => (last?.request_no ?? 0) >= no).length === AFTER;
  });
}

/** Sums by item out of the stored cells of all partitions. */
async function storedSums(): Promise<Record<string, number>> {
  const measures = measuresOf('sales');
  const at = measures.findIndex(({ name }) => name === 'count');
  const rows = await database.query<{ item: string; state: Buffer }>(
    `SELECT s.dims[1] AS item, c.state FROM cell c JOIN series s USING (series_id) WHERE c.grain = $1 AND s.metric = 'sales' AND s.dims[1] IS NOT NULL`,
    [GRAINS.quarter_hour.code],
  );
  const sums: Record<string, number> = {};
  for (const { item, state } of rows) sums[item] = (sums[item] ?? 0) + numberAt(state, measures, at);
  return sums;
}

function numberAt(bytes: Uint8Array, measures: readonly CompiledMeasure[], at: number): number {
  const state = decodeState(bytes, measures);
  if (state === null) throw new Error('unreadable state');
  const value = readMeasureAt(state, at);
  return typeof value === 'object' && value !== null && 'unscaled' in value ? Number(formatExact(value)) : Number(value);
}

function sumsOf(sold: readonly Sold[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { item, count } of sold) sums[item] = (sums[item] ?? 0) + count;
  return sums;
}

it(
  'from 3 to 6 partitions while senders go on, one of them deaf to it: each event is counted once, wherever its copies went, and rows and the figures over them are those of all events',
  async () => {
    let hearing: PromiseWithResolvers<void> = Promise.withResolvers();
    hearing.resolve();
    const awake = await openIngest('awake', async () => undefined);
    const deaf = await openIngest('deaf', () => hearing.promise);
    startAggregator();
    startAggregator();
    await until('all are owned', async () => (await growth.readLanes()).filter(({ isOwned }) => isOwned).length === 3 * BEFORE);
    const sold: Sold[] = [];
    const sell = async (app: IngestApp, some: readonly Sold[]): Promise<number> => {
      sold.push(...some);
      return sendAll(app, some);
    };
    await sell(awake, soldBy('awake', 0, 300));
    await sell(deaf, soldBy('deaf', 0, 300));

    await until('nothing is being made', () => isMade(BEFORE));

    hearing = Promise.withResolvers();
    const said: string[] = [];
    const monotonicMs = (): number => performance.now();
    const growing = growPartitions({ store: growth, admin, topics, pause, monotonicMs, say: (text) => void said.push(text) }, AFTER);
    let isDone = false;
    let refused = 0;
    void growing.finally(() => (isDone = true)).catch(() => undefined);
    for (let from = 300; !isDone; from += 20) refused += await sell(awake, soldBy('awake', from, 20));
    await growing;
    expect(refused).toBeGreaterThan(0);
    expect(said.at(-1)).toBe(`there are ${AFTER} partitions`);

    // It sends by three: what is new, what it sent before the growth, and what the other has sent.
    await sell(deaf, soldBy('deaf', 300, 300));
    await sendAll(deaf, soldBy('deaf', 0, 300));
    await sendAll(deaf, soldBy('awake', 0, 300));
    hearing.resolve();
    // The same by six.
    await sendAll(awake, soldBy('deaf', 0, 600));
    await sendAll(awake, soldBy('awake', 0, 300));
    // A metric over rows that is made of raw events which lie in the partition of the key, and in that of before.
    await tell('pack/acme/shop', { version: 2, value: { ...recordOf(later, 2), making: ['again'] } });
    await sell(awake, soldBy('zuletzt', 0, 300));
    await until('the figures over rows are made', () => isMade(AFTER, 'again'));
    await until('all is counted', isCounted);

    expect(await storedRows()).toEqual(lastOf(sold));
    const stocked = Object.values(lastOf(sold));
    const figures = { n: stocked.length, count: stocked.reduce((sum, count) => sum + count, 0) };
    expect({ stock: await storedStock('stock'), again: await storedStock('again') }).toEqual({ stock: figures, again: figures });
    const rows = await database.query<{ event_id: string; partition: number }>('SELECT event_id, partition FROM raw_event');
    expect(rows.map(({ event_id: id }) => id).toSorted()).toEqual(sold.map(({ id }) => id).toSorted());
    expect(await storedSums()).toEqual(sumsOf(sold));
    // Those of the deaf one that are new were counted where their keys are, though it appended to the first three alone.
    const late = rows.filter(({ event_id: id }) => id.startsWith('deaf-') && Number(id.slice('deaf-'.length)) >= 300);
    expect(late.filter(({ partition }) => partition >= BEFORE).length).toBeGreaterThan(0);
    expect(await database.query('SELECT 1 FROM rejected_event')).toEqual([]);

    // Figures over rows are recounted by what all partitions of their keys hold together.
    await recountStock();
    expect(await database.query('SELECT 1 FROM cell_drift')).toEqual([]);
    await database.query(
      `DELETE FROM cell c USING series s WHERE s.series_id = c.series_id AND s.metric = 'stock' AND c.grain = $1 AND c.partition < $2`,
      [GRAINS.quarter_hour.code, BEFORE],
    );
    expect(await storedStock('stock')).not.toEqual(figures);
    await recountStock();
    expect(await storedStock('stock')).toEqual(figures);
  },
  4 * DEADLINE_MS,
);
