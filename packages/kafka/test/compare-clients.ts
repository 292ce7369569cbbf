import { randomUUID } from 'node:crypto';
import { NO_HEADERS, createLogClient, createRecordBatch } from '../src/index.ts';
import type { LogClient, LogProducer } from '../src/index.ts';

// Compares the clients for ADR 2: `node packages/kafka/test/compare-clients.ts platformatic|kafkajs [records]`, brokers in
// KAFKA_BROKERS. Counts the processor time of this process only. It is no benchmark of the product; those are in bench/.

const PARTITIONS = 12;
const RECORDS_PER_BATCH = 500;
const KEY = Buffer.alloc(16, 'k');
const VALUE = Buffer.alloc(300, 'x');

async function measure(what: string, work: () => Promise<number>): Promise<void> {
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const records = await work();
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSecondsPerMillion = (user + system) / records;
  console.log(`${what}: ${Math.round(records / seconds)} records/s, ${cpuSecondsPerMillion.toFixed(2)} CPU-s per million`);
}

/** One batch under way per partition. */
async function produce(producer: LogProducer, topic: string, records: number): Promise<number> {
  let left = records;
  const lane = async (partition: number): Promise<void> => {
    while (left > 0) {
      left -= RECORDS_PER_BATCH;
      const batch = createRecordBatch({ initialBytes: RECORDS_PER_BATCH * 350 });
      for (let i = 0; i < RECORDS_PER_BATCH; i++) batch.add(KEY, VALUE, NO_HEADERS);
      await producer.append(topic, partition, batch);
    }
  };
  await Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => lane(partition)));
  return records;
}

async function read(client: LogClient, topic: string, records: number): Promise<number> {
  const done = Promise.withResolvers<void>();
  let count = 0;
  const reader = client.createReader({
    onSlab: (slab) => {
      count += slab.count;
      if (count >= records) done.resolve();
    },
    onOutOfRange: (at) => done.reject(new Error(`out of range: ${JSON.stringify(at)}`)),
  });
  for (let partition = 0; partition < PARTITIONS; partition++) reader.assign(topic, partition, 0);
  await done.promise;
  await reader.close();
  return count;
}

const kind = process.argv[2] === 'kafkajs' ? 'kafkajs' : 'platformatic';
const records = Number(process.argv[3] ?? 1_000_000);
const client = await createLogClient({ kind, brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), clientId: 'compare' });
const admin = client.createAdmin();
const topic = `compare-${randomUUID()}`;
await admin.ensureTopics([{ name: topic, partitions: PARTITIONS, replicationFactor: 1, configs: {} }]);
const producer = await client.createProducer();
await produce(producer, topic, PARTITIONS * RECORDS_PER_BATCH);
await measure(`${kind} produce`, () => produce(producer, topic, records));
await measure(`${kind} read`, () => read(client, topic, records));
await producer.close();
await admin.deleteTopics([topic]);
await admin.close();
await client.close();
