import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { decodeReceipt } from '@tidegate/core';
import type { LogAdmin, LogClient } from '@tidegate/kafka';
import { createLogClient, createRecordBatch, encodeHeaders, ensureTidegateTopics, tidegateTopics, topicNames } from '@tidegate/kafka';
import { createSealer, deriveKey, systemClock } from '@tidegate/runtime';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { config, event as eventOfThen, pack, packRecord, PARTITIONS, send } from './ingest-fixture.ts';

const prefix = `ingest-test-${randomBytes(4).toString('hex')}.`;
const topics = topicNames(prefix);
const brokers = testServers().kafkaBrokers.split(',');
const encoder = new TextEncoder();

/** Of now, and so one of the live lane: this process has the clock of the machine. */
const event = (id: string): string => eventOfThen(id).replace('2026-11-21T08:00:00Z', new Date(systemClock.nowMs()).toISOString());

let client: LogClient;
let admin: LogAdmin;
let service: ChildProcess;
let port = 0;

beforeAll(async () => {
  client = await createLogClient({ kind: 'platformatic', brokers, clientId: 'ingest-test' });
  admin = client.createAdmin();
  await ensureTidegateTopics(admin, { prefix, partitions: PARTITIONS, replicationFactor: 1 });
  await publish('partitions/-/events', { version: 1, value: { count: PARTITIONS } });
  await publish('pack/acme/shop', packRecord(pack));
  port = await freePort();
  service = startService();
  await vi.waitFor(async () => expect((await post(event('first'))).status).toBe(202), { timeout: 30_000, interval: 100 });
});

afterAll(async () => {
  service.kill('SIGKILL');
  await admin.deleteTopics(tidegateTopics({ prefix, partitions: PARTITIONS, replicationFactor: 1 }).map(({ name }) => name));
  await admin.close();
  await client.close();
});

function startService(at = port): ChildProcess {
  return spawn(process.execPath, [fileURLToPath(new URL('../src/main.ts', import.meta.url))], {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      KAFKA_BROKERS: brokers.join(','),
      TOPIC_PREFIX: prefix,
      PSEUDONYM_SECRET: new TextDecoder().decode(config.pseudonymSecret),
      SECRET_KEY: new TextDecoder().decode(config.secretKey),
      FIELD_KEYS: Buffer.from(config.fieldKeys[0] ?? []).toString('base64'),
      LISTEN_PORT: String(at),
      METRICS_PORT: '0',
    },
  });
}

const post = (body: string): ReturnType<typeof send> => send({ port }, body, { nowMs: systemClock.nowMs() });

async function publish(key: string, record: unknown): Promise<void> {
  const producer = await client.createProducer();
  const batch = createRecordBatch();
  batch.add(encoder.encode(key), encoder.encode(JSON.stringify(record)), encodeHeaders([{ name: 'v', value: encoder.encode('1') }]));
  await producer.append(topics.control, 0, batch);
  await producer.close();
}

/** Ids of all records of events.v1, by partition, in order. */
async function storedIds(): Promise<string[][]> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  const ends = await admin.offsets(topics.events, partitions);
  const ids: string[][] = partitions.map(() => []);
  const reader = client.createReader({
    onSlab: (slab) => {
      for (let i = 0; i < slab.count; i += 1) {
        const value = Buffer.from(slab.bytes.subarray(slab.valueStart[i], slab.valueEnd[i])).toString();
        ids[slab.partition]?.push((JSON.parse(value) as { id: string }).id);
      }
    },
    onOutOfRange: () => undefined,
  });
  for (const [partition, { start, end }] of ends) if (end > start) reader.assign(topics.events, partition, start);
  await vi.waitFor(() => expect(ids.map((list) => list.length)).toEqual(partitions.map((partition) => ends.get(partition)?.end)), {
    timeout: 20_000,
    interval: 20,
  });
  await reader.close();
  return ids;
}

test('what is accepted lies in the log where the receipt says, once and in the order of the request', async () => {
  const ids = Array.from({ length: 5_000 }, (_, i) => `e-${String(i).padStart(5, '0')}`);
  const answer = await post(ids.map((id) => event(id)).join('\n'));
  expect(answer).toMatchObject({ status: 202, body: { accepted: 5_000 } });
  const stored = await storedIds();
  const sealer = createSealer(deriveKey(config.secretKey, 'tidegate/receipt', 32));
  const receipt = decodeReceipt(sealer.open(Buffer.from(String(answer.body['receipt']).slice(5), 'base64url')) ?? new Uint8Array(0));
  expect(receipt?.entries).toEqual(
    stored.map((list, partition) => ({
      lane: 'live',
      partition,
      runs: [{ first: list.indexOf('first') + 1, count: list.filter((id) => id !== 'first').length }],
    })),
  );
  for (const list of stored) expect(list).toEqual(list.toSorted((a, b) => (a === 'first' ? -1 : b === 'first' ? 1 : a < b ? -1 : 1)));
  expect(
    stored
      .flat()
      .filter((id) => id !== 'first')
      .toSorted(),
  ).toEqual(ids);
});

test('SIGTERM under load: exit 0, and every event that was answered accepted is in the log', async () => {
  const accepted: string[] = [];
  let isStopping = false;
  const senders = Array.from({ length: 8 }, async (_unused, sender) => {
    for (let round = 0; ; round += 1) {
      const ids = Array.from({ length: 100 }, (_, i) => `s-${String(sender)}-${String(round)}-${String(i)}`);
      const answer = await post(ids.map((id) => event(id)).join('\n')).catch(() => null);
      if (answer?.status === 202) accepted.push(...ids);
      else if (isStopping) return;
    }
  });
  await vi.waitFor(() => expect(accepted.length).toBeGreaterThan(2_000), { timeout: 30_000, interval: 10 });
  isStopping = true;
  const exited = new Promise<number | null>((resolve) => service.once('exit', (code) => resolve(code)));
  service.kill('SIGTERM');
  expect(await exited).toBe(0);
  await Promise.all(senders);
  const stored = new Set((await storedIds()).flat());
  expect(accepted.filter((id) => !stored.has(id))).toEqual([]);
});

test('two instances at once lay an id in the same partition, so that its one owner meets every copy of it', async () => {
  const ports = [await freePort(), await freePort()];
  const instances = ports.map((at) => startService(at));
  try {
    const postTo = (body: string) => ports.map(async (at) => send({ port: at }, body, { nowMs: systemClock.nowMs() }));
    const statuses = async (body: string): Promise<number[]> => (await Promise.all(postTo(body))).map(({ status }) => status);
    await vi.waitFor(async () => expect(await statuses(event('first'))).toEqual([202, 202]), { timeout: 30_000, interval: 100 });
    const ids = Array.from({ length: 500 }, (_, i) => `both-${String(i)}`);
    const body = ids.map((id) => event(id)).join('\n');
    expect(await statuses(body)).toEqual([202, 202]);
    const stored = (await storedIds()).map((list) => list.filter((id) => id.startsWith('both-')));
    expect(stored.flat()).toHaveLength(2 * ids.length);
    expect(stored.filter((list) => list.length > 0)).toHaveLength(PARTITIONS);
    // As many different ids as there are, counted partition by partition: none lies in two.
    expect(stored.map((list) => new Set(list).size).reduce((sum, count) => sum + count)).toBe(ids.length);
  } finally {
    for (const instance of instances) instance.kill('SIGKILL');
  }
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
