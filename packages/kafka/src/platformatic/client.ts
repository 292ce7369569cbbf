import type { LogClientOptions } from '../client-options.ts';
import type { LogClient } from '../port.ts';
import { createAdmin } from './admin.ts';
import { Cluster } from './cluster.ts';
import { joinGroup } from './group.ts';
import { createProducer } from './producer.ts';
import { createReader } from './reader.ts';

/** The port over @platformatic/kafka's connections and requests, with record batches of our own. */
export function createPlatformaticClient(options: LogClientOptions): LogClient {
  const cluster = new Cluster(options);
  const now = options.now ?? Date.now;
  return {
    name: 'platformatic',
    createProducer: () => Promise.resolve(createProducer({ cluster, now, deliveryTimeoutMs: options.deliveryTimeoutMs ?? 30_000 })),
    createReader: (readerOptions) => createReader(cluster, readerOptions),
    joinGroup: (groupOptions) => joinGroup(cluster, groupOptions),
    createAdmin: () => createAdmin(cluster, options),
    close: () => cluster.close(),
  };
}
