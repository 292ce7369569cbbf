import { createRecordBatch, NO_HEADERS } from '@tidegate/kafka';
import { createMemoryBroker } from '@tidegate/kafka/memory';
import { createMemoryCells } from '@tidegate/redis/cells-memory';
import { expect, test, vi } from 'vitest';
import { followAnnouncements } from '../src/announcements.ts';
import type { Materialise } from '../src/materialise.ts';

const TOPIC = 't.rollups.v1';

test('announcements of partitions that the log got later are read from their beginning, those before go on', async () => {
  const broker = createMemoryBroker({ now: () => 1 });
  broker.createTopic({ name: TOPIC, partitions: 2, replicationFactor: 1, configs: {} });
  const client = broker.createClient('query');
  const seen: string[] = [];
  const materialise: Materialise = Object.assign(
    async (records: readonly { readonly partition: number; readonly offset: number }[]) => {
      for (const { partition, offset } of records) seen.push(`${partition}/${offset}`);
    },
    { moveTo: (partition: number, offset: number) => void seen.push(`${partition} from ${offset}`), beginEpoch: async () => undefined },
  );
  const announcements = await followAnnouncements({
    ...{ client, topic: TOPIC, store: createMemoryCells({ nowMs: () => 1 }), readProgress: async () => [], materialise },
    untilDone: async (action) => action(),
    onError: () => undefined,
    onRecord: () => undefined,
  });
  const producer = await client.createProducer();
  const say = async (partition: number): Promise<void> => {
    const batch = createRecordBatch();
    batch.add(null, Uint8Array.of(1), NO_HEADERS);
    await producer.append(TOPIC, partition, batch);
  };
  await announcements.follow(2);
  await client.createAdmin().addPartitions(TOPIC, 4);
  await say(3);
  await Promise.all([announcements.follow(4), announcements.follow(4)]);
  await say(0);
  await vi.waitFor(() => expect(seen.toSorted()).toEqual(['0 from 0', '0/0', '1 from 0', '2 from 0', '3 from 0', '3/0']), {
    timeout: 20_000,
  });
  await announcements.close();
});
