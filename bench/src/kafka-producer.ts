import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createLogClient } from '@tidegate/kafka';
import { provideKafkaTools, type Tidegate } from '@tidegate/native';

const run = promisify(execFile);

/** Bytes of a record of events.v1 of this workload with key and headers: what the yardstick's records have too. */
const RECORD_BYTES = 520;
const SECONDS = 20;
const TOPIC = 'producer-yardstick';

/**
 * Records per second of Kafka's own producer on the broker of the run: acks=all, 64 KiB batches, linger 5 ms, no
 * compression, for 20 s. The number of records is set so that the run lasts about that long.
 */
export async function measureProducer(tidegate: Tidegate, say: (line: string) => void): Promise<number> {
  const tools = await provideKafkaTools(say);
  await ensureTopic(tidegate);
  const perf = async (records: number): Promise<number> => {
    const { stdout } = await run(
      tools.java,
      [
        ...['-Xmx256m', '-XX:+UseSerialGC', '-cp', tools.classPath, 'org.apache.kafka.tools.ProducerPerformance'],
        ...['--topic', TOPIC, '--num-records', String(records), '--record-size', String(RECORD_BYTES), '--throughput', '-1'],
        ...['--bootstrap-server', tidegate.addresses.kafkaBrokers],
        ...['--command-property', 'acks=all', 'batch.size=65536', 'linger.ms=5', 'compression.type=none'],
      ],
      { maxBuffer: 2 ** 24 },
    );
    const rates = [...stdout.matchAll(/^\d+ records sent, ([\d.]+) records\/sec.*99\.9th/gm)];
    return Number(rates.at(-1)?.[1] ?? Number.NaN);
  };
  const first = await perf(500_000);
  const rate = await perf(Math.round(first * SECONDS));
  say(`${Math.round(rate)} records/s`);
  return rate;
}

async function ensureTopic(tidegate: Tidegate): Promise<void> {
  const client = await createLogClient({ kind: 'platformatic', brokers: tidegate.addresses.kafkaBrokers.split(','), clientId: 'bench' });
  const admin = client.createAdmin();
  await admin.ensureTopics([
    { name: TOPIC, partitions: 12, replicationFactor: 1, configs: { 'retention.ms': '60000', 'segment.bytes': '67108864' } },
  ]);
  await admin.close();
  await client.close();
}
