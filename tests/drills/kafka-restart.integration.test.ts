import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_HEADERS, createLogClient, createRecordBatch } from '@tidegate/kafka';
import type { LogClient, LogProducer, RecordBatch } from '@tidegate/kafka';
import { startKafka } from '@tidegate/native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type KafkaServer = Awaited<ReturnType<typeof startKafka>>;

const TOPIC = 'restart';
const PARTITIONS = 2;
const RECORDS_PER_BATCH = 5;
const DEADLINE_MS = 60_000;

function batchOf(first: number): RecordBatch {
  const batch = createRecordBatch();
  for (let i = 0; i < RECORDS_PER_BATCH; i++) batch.add(null, Buffer.from(String(first + i)), NO_HEADERS);
  return batch;
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Appends numbered records one batch after another until told to stop; returns the count appended. */
async function produce(producer: LogProducer, partition: number, isOn: () => boolean): Promise<number> {
  let next = 0;
  while (isOn()) {
    const { baseOffset } = await producer.append(TOPIC, partition, batchOf(next));
    // The offset of record n is n: nothing lost, nothing doubled, nothing out of order.
    expect(baseOffset).toBe(next);
    next += RECORDS_PER_BATCH;
  }
  return next;
}

describe('a broker that dies and comes back', () => {
  let dataDir = '';
  let kafka: KafkaServer;
  let client: LogClient;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tidegate-restart-'));
    kafka = await startKafka({ dataDir, log: () => undefined });
    client = await createLogClient({ kind: 'platformatic', brokers: [kafka.brokers], clientId: 'restart' });
    const admin = client.createAdmin();
    await admin.ensureTopics([{ name: TOPIC, partitions: PARTITIONS, replicationFactor: 1, configs: {} }]);
    await admin.close();
  }, 240_000);

  afterAll(async () => {
    await client.close();
    await kafka.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('costs no acknowledged record, doubles none, and readers and members find their place by themselves', async () => {
    const read: string[][] = Array.from({ length: PARTITIONS }, () => []);
    const held = new Set<number>();
    const reader = client.createReader({
      onSlab: (slab) => {
        for (let i = 0; i < slab.count; i++) {
          read[slab.partition]?.push(Buffer.from(slab.bytes.subarray(slab.valueStart[i], slab.valueEnd[i])).toString());
        }
      },
      onOutOfRange: (at) => {
        throw new Error(`lost its place: ${JSON.stringify(at)}`);
      },
    });
    const member = await client.joinGroup({
      groupId: 'restart',
      topic: TOPIC,
      sessionTimeoutMs: 6_000,
      onAssigned: (partitions) => {
        for (const partition of partitions) {
          held.add(partition);
          // From where it was, as an owner does that keeps its positions elsewhere.
          reader.assign(TOPIC, partition, read[partition]?.length ?? 0);
        }
      },
      onRevoked: (partitions) => {
        for (const partition of partitions) {
          held.delete(partition);
          reader.unassign(TOPIC, partition);
        }
      },
    });
    const producer = await client.createProducer();
    let isOn = true;
    const producing = Promise.all([produce(producer, 0, () => isOn), produce(producer, 1, () => isOn)]);

    const readCount = (): number => Math.min(...read.map((values) => values.length));
    await until(() => readCount() > 200, 'a beginning');
    await kafka.kill();
    const beforeRestart = readCount();
    await kafka.restart();
    await until(() => readCount() > beforeRestart + 200, 'records of after the restart');
    isOn = false;
    const counts = await producing;
    await until(() => read.every((values, partition) => values.length >= (counts[partition] ?? 0)), 'the rest');

    expect(read).toEqual(counts.map((count) => Array.from({ length: count }, (_, n) => String(n))));
    await until(() => held.size === PARTITIONS, 'membership');
    await member.close();
    await reader.close();
    await producer.close();
  }, 180_000);
});
