import type { Admin, Kafka } from 'kafkajs';
import { backoffMs, delay } from '../delay.ts';
import type { LogAdmin } from '../port.ts';

export function createAdmin(kafka: Kafka): LogAdmin {
  const admin = kafka.admin();
  let connection: Promise<void> | null = null;
  const connected = async (): Promise<Admin> => {
    connection ??= admin.connect();
    await connection;
    return admin;
  };
  return {
    clusterId: async () => (await (await connected()).describeCluster()).clusterId,
    ensureTopics: async (specs) => {
      const existing = new Set(await (await connected()).listTopics());
      const missing = specs.filter(({ name }) => !existing.has(name));
      if (missing.length === 0) return;
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(({ name, partitions, replicationFactor, configs }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor,
          configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        })),
      });
    },
    describeTopic: async (name) => {
      if (!(await (await connected()).listTopics()).includes(name)) return null;
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
      const partitions = topics[0]?.partitions ?? [];
      // The library speaks a version of the protocol that has no topic ids.
      return { name, topicId: '', partitions: partitions.length, replicationFactor: partitions[0]?.replicas.length ?? 0 };
    },
    offsets: async (topic, partitions) => {
      const all = await (await connected()).fetchTopicOffsets(topic);
      const wanted = all.filter(({ partition }) => partitions.includes(partition));
      return new Map(wanted.map(({ partition, low, high }) => [partition, { start: Number(low), end: Number(high) }]));
    },
    addPartitions: async (name, count, { isTrial } = { isTrial: false }) => {
      const { topics } = await (await connected()).fetchTopicMetadata({ topics: [name] });
      if ((topics[0]?.partitions.length ?? 0) >= count) return;
      await admin.createPartitions({ topicPartitions: [{ topic: name, count }], validateOnly: isTrial });
      if (!isTrial) await untilLed(admin, name);
    },
    deleteTopics: async (names) => {
      const existing = new Set(await (await connected()).listTopics());
      const topics = names.filter((name) => existing.has(name));
      if (topics.length > 0) await admin.deleteTopics({ topics });
    },
    close: async () => {
      if (connection) await admin.disconnect();
    },
  };
}

const LEADER_WAIT_ATTEMPTS = 20;

/** The controller answers before each new partition has a leader that knows of it. */
async function untilLed(admin: Admin, topic: string): Promise<void> {
  for (let attempt = 0; attempt < LEADER_WAIT_ATTEMPTS; attempt++) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch {
      await delay(backoffMs(attempt));
    }
  }
}
