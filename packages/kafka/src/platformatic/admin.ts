import { Admin, findErrorBy } from '@platformatic/kafka';
import { backoffMs, delay } from '../delay.ts';
import type { LogClientOptions } from '../client-options.ts';
import type { LogAdmin, TopicDescription, TopicSpec } from '../port.ts';
import { baseOptions } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { listOffsets } from './list-offsets.ts';

export function createAdmin(cluster: Cluster, options: LogClientOptions): LogAdmin {
  const admin = new Admin(baseOptions(options));
  return {
    clusterId: () => cluster.clusterId(),
    ensureTopics: async (specs) => {
      const existing = new Set(await admin.listTopics());
      for (const spec of specs) if (!existing.has(spec.name)) await createTopic(admin, spec);
      for (const spec of specs) await untilLed(cluster, spec.name);
    },
    describeTopic: async (name): Promise<TopicDescription | null> => {
      if (!(await admin.listTopics()).includes(name)) return null;
      return { name, ...(await cluster.describe(name)) };
    },
    offsets: (topic, partitions) => listOffsets(cluster, topic, partitions),
    addPartitions: async (name, count, { isTrial } = { isTrial: false }) => {
      if ((await cluster.describe(name)).partitions >= count) return;
      await admin.createPartitions({ topics: [{ name, count, assignments: null }], validateOnly: isTrial });
      if (!isTrial) await untilLed(cluster, name, count);
    },
    deleteTopics: async (names) => {
      const existing = new Set(await admin.listTopics());
      const topics = names.filter((name) => existing.has(name));
      if (topics.length > 0) await admin.deleteTopics({ topics });
    },
    close: async () => {
      await admin.close();
    },
  };
}

async function createTopic(admin: Admin, { name, partitions, replicationFactor, configs }: TopicSpec): Promise<void> {
  try {
    await admin.createTopics({
      topics: [name],
      partitions,
      replicas: replicationFactor,
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    });
  } catch (cause) {
    // Several services ensure the same topics when they start together.
    if (!(cause instanceof Error && findErrorBy(cause, 'apiId', 'TOPIC_ALREADY_EXISTS'))) throw cause;
  }
}

const LEADER_WAIT_ATTEMPTS = 20;

/** The controller answers before every broker knows of the partitions, and before the last of them has its leader. */
async function untilLed(cluster: Cluster, topic: string, count = 1): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const isLast = attempt >= LEADER_WAIT_ATTEMPTS;
    try {
      const { partitions } = await cluster.describe(topic);
      if ((partitions >= count && cluster.isLed(topic)) || isLast) return;
    } catch (cause) {
      if (isLast) throw cause;
    }
    await delay(backoffMs(attempt));
  }
}
