import type { LogClientOptions } from '../client-options.ts';
import type { LogClient } from '../port.ts';
import { createAdmin } from './admin.ts';
import { createKafka, retriesWithin } from './connection.ts';
import { joinGroup } from './group.ts';
import { createProducer } from './producer.ts';
import { createReader } from './reader.ts';

/** The port over kafkajs. */
export function createKafkajsClient(options: LogClientOptions): LogClient {
  const kafka = createKafka(options);
  const deliveryTimeoutMs = options.deliveryTimeoutMs ?? 30_000;
  const producing = createKafka(options, retriesWithin(deliveryTimeoutMs));
  const now = options.now ?? Date.now;
  return {
    name: 'kafkajs',
    createProducer: () => Promise.resolve(createProducer({ kafka: producing, now, deliveryTimeoutMs })),
    createReader: (readerOptions) => createReader(kafka, readerOptions),
    joinGroup: (groupOptions) => joinGroup(kafka, groupOptions),
    createAdmin: () => createAdmin(kafka),
    // Producers, readers, members and admins have connections of their own and are closed one by one.
    close: () => Promise.resolve(),
  };
}
