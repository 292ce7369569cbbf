import { setTimeout as delay } from 'node:timers/promises';
import { createLogClient, createRecordBatch, topicNames } from '@tidegate/kafka';
import type { LogProducer, RecordSlab } from '@tidegate/kafka';
import type { Scene } from './stream-drill.ts';

const NEAR_FULL_BYTES = 256 * 1_024;

/** After `durationMs` of traffic with many copies every record of the log is appended to it a second time, as it is. */
export async function replayLog(
  { tidegate, history, say }: Scene,
  of: { readonly durationMs: number },
): Promise<Readonly<Record<string, number>>> {
  await delay(of.durationMs);
  const { events } = topicNames(tidegate.topicPrefix);
  const client = await createLogClient({
    kind: 'platformatic',
    brokers: tidegate.addresses.kafkaBrokers.split(','),
    clientId: 'drill-replay',
  });
  const admin = client.createAdmin();
  const producer = await client.createProducer();
  try {
    const count = (await admin.describeTopic(events))?.partitions ?? 0;
    const offsets = await admin.offsets(
      events,
      Array.from({ length: count }, (_, i) => i),
    );
    const ends = new Map([...offsets].flatMap(([partition, { end }]) => (end > 0 ? [[partition, end] as const] : [])));
    history.write({ kind: 'fault', at_ms: history.nowMs(), fault: 'replay', target: 'log', for_ms: 0 });
    const replayed = await appendAgain({ client, producer, topic: events, ends });
    say(`appended ${replayed} records of the log again`);
    return { replayed };
  } finally {
    await producer.close();
    await admin.close();
    await client.close();
  }
}

interface Replay {
  readonly client: Awaited<ReturnType<typeof createLogClient>>;
  readonly producer: LogProducer;
  readonly topic: string;
  /** Up to where each partition is repeated. */
  readonly ends: ReadonlyMap<number, number>;
}

async function appendAgain({ client, producer, topic, ends }: Replay): Promise<number> {
  let replayed = 0;
  const left = new Set(ends.keys());
  const finished = Promise.withResolvers<void>();
  if (left.size === 0) finished.resolve();
  const reader = client.createReader({
    onSlab: async (slab) => {
      const end = ends.get(slab.partition) ?? 0;
      if (left.has(slab.partition)) replayed += await appendSlab(producer, slab, end);
      if (slab.nextOffset >= end) left.delete(slab.partition);
      if (left.size === 0) finished.resolve();
    },
    onOutOfRange: ({ partition }) => finished.reject(new Error(`partition ${partition} of the log cannot be read from its start`)),
    maxPartitionBytes: NEAR_FULL_BYTES,
  });
  try {
    for (const partition of ends.keys()) reader.assign(topic, partition, 0);
    await finished.promise;
    return replayed;
  } finally {
    await reader.close();
  }
}

async function appendSlab(producer: LogProducer, slab: RecordSlab, end: number): Promise<number> {
  const batch = createRecordBatch();
  const slice = (from: Int32Array, to: Int32Array, i: number): Uint8Array => slab.bytes.subarray(from[i], to[i]);
  for (let i = 0; i < slab.count && (slab.offsets[i] ?? end) < end; i += 1)
    batch.add(slice(slab.keyStart, slab.keyEnd, i), slice(slab.valueStart, slab.valueEnd, i), slice(slab.headersStart, slab.headersEnd, i));
  if (batch.count > 0) await producer.append(slab.topic, slab.partition, batch);
  return batch.count;
}
