import { describe, expect, it } from 'vitest';
import { NO_HEADERS, createRecordBatch, ensureTidegateTopics, topicNames } from '../src/index.ts';
import type { RecordBatch, RecordSlab } from '../src/index.ts';
import { createMemoryBroker } from '../src/memory.ts';
import type { MemoryBroker } from '../src/memory.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

function start(): MemoryBroker {
  const broker = createMemoryBroker({ now: () => NOW_MS });
  const configs = { 'message.timestamp.type': 'LogAppendTime' };
  broker.createTopic({ name: 't', partitions: 1, replicationFactor: 1, configs });
  return broker;
}

function batchOf(...values: string[]): RecordBatch {
  const batch = createRecordBatch();
  for (const value of values) batch.add(null, Buffer.from(value), NO_HEADERS);
  return batch;
}

function valuesOf(slab: RecordSlab): string[] {
  return Array.from({ length: slab.count }, (_, i) => Buffer.from(slab.bytes.subarray(slab.valueStart[i], slab.valueEnd[i])).toString());
}

/** Lets everything run that needs no time. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the broker in memory', () => {
  it('fails appends on demand, with or without keeping the records', async () => {
    const broker = start();
    const producer = await broker.createClient('c').createProducer();
    broker.failAppends(() => ({ outcome: 'not_sent' }));
    await expect(producer.append('t', 0, batchOf('a'))).rejects.toMatchObject({ outcome: 'not_sent' });
    broker.failAppends(() => ({ outcome: 'unknown', kept: true }));
    await expect(producer.append('t', 0, batchOf('b'))).rejects.toMatchObject({ outcome: 'unknown' });
    broker.failAppends(undefined);
    expect(await producer.append('t', 0, batchOf('c'))).toEqual({ baseOffset: 1, appendTimeMs: NOW_MS });
    expect(valuesOf(broker.read('t', 0))).toEqual(['b', 'c']);
  });

  it('holds deliveries until it is told to let go', async () => {
    const broker = start();
    const client = broker.createClient('c');
    const producer = await client.createProducer();
    const found: string[] = [];
    const reader = client.createReader({ onSlab: (slab) => void found.push(...valuesOf(slab)), onOutOfRange: () => undefined });
    const release = broker.holdDeliveries();
    reader.assign('t', 0, 0);
    await producer.append('t', 0, batchOf('a'));
    await settled();
    expect(found).toEqual([]);
    release();
    await settled();
    expect(found).toEqual(['a']);
    await reader.close();
  });

  it('cuts the log inside a batch, as a power loss does, and goes on from there', async () => {
    const broker = start();
    const client = broker.createClient('c');
    const producer = await client.createProducer();
    await producer.append('t', 0, batchOf('a', 'b', 'c'));
    const reports: object[] = [];
    const reader = client.createReader({ onSlab: () => undefined, onOutOfRange: (at) => void reports.push(at) });
    reader.assign('t', 0, 0);
    await settled();
    broker.cutLog('t', 0, 1);
    await settled();
    expect(reports).toEqual([{ topic: 't', partition: 0, requested: 3, startOffset: 0, endOffset: 1 }]);
    expect(await producer.append('t', 0, batchOf('d'))).toMatchObject({ baseOffset: 1 });
    expect(valuesOf(broker.read('t', 0))).toEqual(['a', 'd']);
    await reader.close();
  });

  it('holds the topics of an installation under its prefix, compacted where the newest state is all that counts', async () => {
    const broker = start();
    await ensureTidegateTopics(broker.createClient('c').createAdmin(), { prefix: 'x.', partitions: 5, replicationFactor: 1 });
    const names = topicNames('x.');
    const counts = Object.values(names).map((name) => [name, broker.describeTopic(name)?.partitions]);
    expect(counts).toEqual([
      ['x.events.v1', 5],
      ['x.backfill.v1', 5],
      ['x.rejected.v1', 5],
      ['x.rollups.v1', 5],
      ['x.progress.v1', 1],
      ['x.control.v1', 1],
      ['x.decisions.v1', 1],
      ['x.audit.v1', 1],
    ]);
  });
});
