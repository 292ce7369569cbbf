/**
 * The pipeline that most teams would write: kafkajs hands over batches of a partition, each becomes one transaction of
 * Postgres, then the offset is committed. A crash between the two is harmless, for ids that are there are not counted again.
 *
 * Environment: KAFKA_BROKERS, TOPIC, DATABASE_URL. Runs until SIGTERM.
 */
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { countBatch, type PeerData, type PeerEvent } from './count-batch.ts';

const { KAFKA_BROKERS = '', TOPIC = '', DATABASE_URL = '' } = process.env;
const EVENTS_PER_TRANSACTION = 5_000;

const database = new pg.Pool({ connectionString: DATABASE_URL, max: 4 });
const kafka = new Kafka({ clientId: 'peer', brokers: KAFKA_BROKERS.split(','), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: 'peer', maxBytesPerPartition: 4 * 1_048_576, minBytes: 65_536, maxWaitTimeInMs: 100 });

await consumer.connect();
await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
await consumer.run({
  partitionsConsumedConcurrently: 4,
  eachBatchAutoResolve: false,
  async eachBatch({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary }) {
    for (let from = 0; from < batch.messages.length; from += EVENTS_PER_TRANSACTION) {
      const messages = batch.messages.slice(from, from + EVENTS_PER_TRANSACTION);
      const client = await database.connect();
      await countBatch(
        client,
        messages.map(({ value }) => toEvent(value?.toString() ?? '')),
      );
      client.release();
      resolveOffset(messages.at(-1)?.offset ?? '');
      await commitOffsetsIfNecessary();
      await heartbeat();
    }
  },
});

process.once('SIGTERM', () => {
  void consumer
    .disconnect()
    .then(() => database.end())
    .then(() => process.exit(0));
});

function toEvent(text: string): PeerEvent {
  const { id, time, data } = JSON.parse(text) as { id: string; time: string; data: PeerData };
  return { id, occurredAtMs: Date.parse(time), data, json: JSON.stringify(data) };
}
