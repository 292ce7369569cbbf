import { expect, test } from 'vitest';
import { NO_HEADERS } from './headers.ts';
import type { MemoryBroker } from './memory.ts';
import { createMemoryBroker } from './memory.ts';
import { createRecordBatch } from './record-batch.ts';
import { readJsonSince } from './read-since.ts';

const TOPIC = 'told.v1';
const never = new AbortController().signal;

/** One record of a second, in batches of ten; the value is the second. */
async function filled(seconds: number): Promise<MemoryBroker> {
  let nowMs = 0;
  const broker = createMemoryBroker({ now: () => nowMs });
  broker.createTopic({ name: TOPIC, partitions: 1, replicationFactor: 1, configs: { 'message.timestamp.type': 'LogAppendTime' } });
  const producer = await broker.createClient('writer').createProducer();
  for (let second = 0; second < seconds; second += 10) {
    const batch = createRecordBatch();
    for (let at = second; at < second + 10; at += 1) batch.add(Buffer.from('k'), Buffer.from(String(at)), NO_HEADERS);
    nowMs = second * 1_000;
    await producer.append(TOPIC, 0, batch);
  }
  await producer.close();
  return broker;
}

async function readFrom(broker: MemoryBroker, sinceMs: number, signal: AbortSignal = never): Promise<readonly unknown[]> {
  const values: unknown[] = [];
  const client = broker.createClient('reader');
  await readJsonSince({ client, topic: TOPIC, sinceMs, onValue: (value) => void values.push(value), signal });
  return values;
}

const from = (first: number, end: number): number[] => Array.from({ length: end - first }, (_, at) => first + at);

test.each([
  // Within the first look back of 4,096 records, beyond it, beyond the second one, and before the topic began.
  [29_990, 30_000],
  [20_000, 30_000],
  [1_000, 30_000],
  [-5, 30_000],
])('reads the records since second %d, each once and in order', async (second, seconds) => {
  const broker = await filled(seconds);
  expect(await readFrom(broker, second * 1_000)).toEqual(from(Math.max(0, second), seconds));
});

test('goes on with what is left where the oldest records were dropped, and reads nothing of an empty topic', async () => {
  const broker = await filled(100);
  broker.trimLog(TOPIC, 0, 40);
  expect(await readFrom(broker, 0)).toEqual(from(40, 100));
  expect(await readFrom(await filled(0), 0)).toEqual([]);
});

test('a log that says nothing is given up when the signal says so', async () => {
  const broker = await filled(100);
  const release = broker.holdDeliveries();
  const reading = readFrom(broker, 0, AbortSignal.timeout(20));
  await expect(reading).rejects.toThrow('told.v1 was not read in time');
  release();
});
