import { Option, type Command } from 'commander';
import { directDatabaseUrl, setting, type Terminal } from '../terminal.ts';
import { addExplain } from './explain.ts';
import { addIndexReport } from './index-report.ts';

/**
 * Work of an operator: the schema and the topics. The drivers are loaded by the commands that need
 * them, so that all others start at once.
 */
export function addOperations(program: Command, terminal: Terminal): void {
  const db = program.command('db').description('The database.');
  addExplain(db, terminal);
  addIndexReport(db, terminal);
  db.command('migrate')
    .description('Bring DATABASE_DIRECT_URL, or DATABASE_URL, to the newest schema.')
    .action(async () => {
      const databaseUrl = directDatabaseUrl(terminal);
      const { migrate } = await import('@tidegate/postgres');
      const onGaveWay = (name: string, tries: number): void => {
        terminal.stderr.write(`${name}: a table that it changes is in use; it let others go on, and comes again (${tries})\n`);
      };
      const { applied, present, indexes } = await migrate({ databaseUrl, patience: { onGaveWay } });
      terminal.stdout.write(applied.length === 0 ? `up to date (${present} migrations)\n` : `applied ${applied.join(', ')}\n`);
      for (const { table, index } of indexes.made) terminal.stdout.write(`made ${index} of ${table}\n`);
      for (const { table, index } of indexes.waiting) {
        terminal.stderr.write(`${index} of ${table} waits: a transaction that began before it is still at work; run this again\n`);
      }
    });
  program
    .command('topics')
    .description('The log.')
    .command('ensure')
    .description(
      'Create the topics that are missing on KAFKA_BROKERS, and record their partition count in DATABASE_URL; what exists stays.',
    )
    .addOption(new Option('--partitions <n>', 'of the events').default(12).argParser(Number))
    .addOption(new Option('--replication <n>', 'copies of each partition').default(3).argParser(Number))
    .action(async (flags: { readonly partitions: number; readonly replication: number }) => {
      await ensureTopics(terminal, flags);
      terminal.stdout.write('topics are there\n');
    });
}

async function ensureTopics(terminal: Terminal, flags: { readonly partitions: number; readonly replication: number }): Promise<void> {
  const { createLogClient, ensureTidegateTopics, topicNames } = await import('@tidegate/kafka');
  const { createControlStore } = await import('@tidegate/postgres');
  const { defineConfig, kafkaFields, kafkaTarget, loadConfig } = await import('@tidegate/runtime');
  const kafka = kafkaTarget(loadConfig(defineConfig('tidegate', kafkaFields), terminal.env));
  const store = createControlStore({ databaseUrl: directDatabaseUrl(terminal) });
  const client = await createLogClient({ ...kafka, clientId: 'tidegate-cli' });
  const admin = client.createAdmin();
  try {
    const prefix = setting(terminal, 'TOPIC_PREFIX') ?? 'tidegate.';
    await ensureTidegateTopics(admin, { prefix, partitions: flags.partitions, replicationFactor: flags.replication });
    const events = await admin.describeTopic(topicNames(prefix).events);
    await store.ensurePartitions(events?.partitions ?? flags.partitions);
  } finally {
    await store.close();
    await admin.close();
    await client.close();
  }
}
