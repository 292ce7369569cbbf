import { Kafka } from 'kafkajs';
import kafkajs from 'kafkajs';
import pg from 'pg';
import type { Tidegate } from '@tidegate/native';

/** What keeps records of the audit, and can be made to refuse them. */
export interface AuditStore {
  refuse(): Promise<void>;
  allow(): Promise<void>;
}

const NO_RECORD = { name: 'max.message.bytes', value: '1' };
/** Of the protocol: set for this topic alone. */
const OF_THE_TOPIC = 1;

/** The topic that accesses are written to; all other topics go on. */
export function auditTopic({ addresses, topicPrefix }: Tidegate): AuditStore {
  const topic = `${topicPrefix}audit.v1`;
  let before: { name: string; value: string }[] = [];
  const set = (entries: { name: string; value: string }[]): Promise<void> =>
    withAdmin(addresses.kafkaBrokers, async (admin) => {
      const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries: entries }];
      await admin.alterConfigs({ validateOnly: false, resources });
    });
  return {
    async refuse() {
      before = await withAdmin(addresses.kafkaBrokers, async (admin) => {
        const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }];
        const described = await admin.describeConfigs({ includeSynonyms: false, resources });
        const entries = described.resources[0]?.configEntries ?? [];
        return entries
          .filter(({ configSource }) => Number(configSource) === OF_THE_TOPIC)
          .map(({ configName, configValue }) => ({ name: configName, value: configValue }));
      });
      await set([...before.filter(({ name }) => name !== NO_RECORD.name), NO_RECORD]);
    },
    allow: () => set(before),
  };
}

async function withAdmin<T>(brokers: string, use: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = new Kafka({ clientId: 'audit-drill', brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/** The table of the chains. */
export function auditTable({ addresses }: Tidegate): AuditStore {
  const run = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: addresses.databaseUrl });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  return {
    refuse: () =>
      run(`CREATE FUNCTION audit_drill_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the drill refuses'; END $$;
        CREATE TRIGGER audit_drill BEFORE INSERT ON audit_record FOR EACH ROW EXECUTE FUNCTION audit_drill_refuses()`),
    allow: () => run('DROP FUNCTION audit_drill_refuses CASCADE'),
  };
}
