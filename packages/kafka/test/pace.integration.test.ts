import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { createRecordBatch, NO_HEADERS } from '../src/index.ts';
import { createRealHarness } from './real-harness.ts';

const PACE_MS = 150;
/** A timer may fire so much early. */
const TIMER_MS = 2;
const RECORDS = 40;

function batchOf(text: string) {
  const batch = createRecordBatch();
  batch.add(null, Buffer.from(text), NO_HEADERS);
  return batch;
}

it('a paced reader of @platformatic/kafka fetches no more often than it was told, and misses nothing', async () => {
  const harness = createRealHarness('platformatic');
  const client = await harness.client('paced');
  const admin = client.createAdmin();
  const topic = `pace-${randomUUID()}`;
  await admin.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 1, configs: {} }]);
  const producer = await client.createProducer();
  const whole = Promise.withResolvers<void>();
  const slabMs: number[] = [];
  let read = 0;
  const reader = client.createReader({
    paceMs: PACE_MS,
    onOutOfRange: () => undefined,
    onSlab: (slab) => {
      slabMs.push(performance.now());
      read += slab.count;
      if (read === RECORDS) whole.resolve();
    },
  });
  try {
    const startedMs = performance.now();
    reader.assign(topic, 0, 0);
    // One after the other: an unpaced reader gets nearly every one by itself.
    for (let i = 0; i < RECORDS; i += 1) await producer.append(topic, 0, batchOf(String(i)));
    await whole.promise;
    const fetchesMax = 1 + Math.floor(((slabMs.at(-1) ?? 0) - startedMs) / (PACE_MS - TIMER_MS));
    expect(slabMs.length).toBeLessThanOrEqual(fetchesMax);
    expect(slabMs.length).toBeLessThan(RECORDS / 2);
  } finally {
    await reader.close();
    await admin.deleteTopics([topic]);
    await Promise.all([admin.close(), producer.close()]);
    await client.close();
  }
});
