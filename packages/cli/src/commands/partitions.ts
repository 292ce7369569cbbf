import type { Command } from 'commander';
import type { GrowDeps } from '../grow-partitions.ts';
import { tableView } from '../table-view.ts';
import { CommandFailure, directDatabaseUrl, printJson, setting, type Terminal } from '../terminal.ts';

/** The partitions of the log: how many, how far each is counted, and more of them. It needs DATABASE_URL of an owner of the schema, and KAFKA_BROKERS. */
export function addPartitions(program: Command, terminal: Terminal): void {
  const partitions = program
    .command('partitions')
    .description('How many partitions are counted by, and how far each is counted.')
    .option('--json', 'as JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      await withGrowth(terminal, async (deps) => {
        const view = await readView(deps);
        if (json === true) printJson(terminal, view);
        else terminal.stdout.write(viewText(view));
      });
    });
  partitions
    .command('grow')
    .description(
      'Make the partitions of a running installation more; ingest answers 503 meanwhile. Run again, it goes on where it stopped.',
    )
    .option('--to <n>', 'a multiple of the count', Number)
    .option('--abort', 'open again with the count of before, as long as the switch is not done')
    .action(async ({ to, abort }: { readonly to?: number; readonly abort?: boolean }) => {
      if ((to === undefined) === (abort !== true)) throw new CommandFailure('Give either --to or --abort.');
      const { abortGrowth, growPartitions } = await import('../grow-partitions.ts');
      await withGrowth(terminal, (deps) => (to === undefined ? abortGrowth(deps) : growPartitions(deps, to)));
    });
}

interface PartitionsView {
  readonly count: number;
  readonly growing_to: number | null;
  readonly partitions: readonly {
    readonly lane: string;
    readonly partition: number;
    readonly next_offset: number;
    readonly end_offset: number;
    readonly waiting: number;
    readonly is_owned: boolean;
  }[];
}

async function readView(deps: GrowDeps): Promise<PartitionsView> {
  const { readEventLanes, standing } = await import('../grow-partitions.ts');
  const { count, growingTo } = await standing(deps);
  // While they are made more the topic of the events has them last.
  const there = (await deps.admin.describeTopic(deps.topics.events))?.partitions ?? 0;
  const lanes = await readEventLanes(deps, there);
  return {
    count,
    growing_to: growingTo,
    partitions: lanes.map(({ lane, partition, nextOffset, end, waiting, isOwned }) => ({
      ...{ lane, partition, next_offset: nextOffset, end_offset: end, waiting, is_owned: isOwned },
    })),
  };
}

const COLUMNS = [
  { name: 'partition', type: 'integer' },
  { name: 'lane', type: 'string' },
  { name: 'counted up to', type: 'integer' },
  { name: 'waiting', type: 'integer' },
  { name: '', type: 'string' },
] as const;

function viewText({ count, growing_to: growingTo, partitions }: PartitionsView): string {
  const rows = partitions.map((one) => [one.partition, one.lane, one.next_offset, one.waiting, one.is_owned ? '' : 'no owner']);
  const growing = growingTo === null ? '' : `, growing to ${growingTo}: ingest is closed`;
  return `${tableView({ columns: COLUMNS, rows })}\n\n${count} partitions${growing}\n`;
}

async function withGrowth(terminal: Terminal, work: (deps: GrowDeps) => Promise<void>): Promise<void> {
  const { createLogClient, topicNames } = await import('@tidegate/kafka');
  const { createGrowthStore } = await import('@tidegate/postgres');
  const { defineConfig, kafkaFields, kafkaTarget, loadConfig, pause } = await import('@tidegate/runtime');
  const kafka = kafkaTarget(loadConfig(defineConfig('tidegate', kafkaFields), terminal.env));
  const store = createGrowthStore({ databaseUrl: directDatabaseUrl(terminal) });
  const client = await createLogClient({ ...kafka, clientId: 'tidegate-cli' });
  const admin = client.createAdmin();
  try {
    await work({
      ...{ store, admin, pause, topics: topicNames(setting(terminal, 'TOPIC_PREFIX') ?? 'tidegate.') },
      monotonicMs: () => performance.now(),
      say: (text) => void terminal.stdout.write(`${text}\n`),
    });
  } finally {
    await store.close();
    await admin.close();
    await client.close();
  }
}
