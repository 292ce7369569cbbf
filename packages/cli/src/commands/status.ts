import type { Command } from 'commander';
import pc from 'picocolors';
import { z } from 'zod';
import { tableView } from '../table-view.ts';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface StatusFlags extends Connection {
  readonly json?: boolean;
}

const STATUS = z.looseObject({
  status: z.string(),
  complete_through: z.string().nullable(),
  lag_ms: z.number(),
  durability: z.string(),
  partitions: z.array(
    z.looseObject({ partition: z.number(), next_offset: z.string(), end_offset: z.string(), lag_ms: z.number(), has_gap: z.boolean() }),
  ),
  dependencies: z.record(z.string(), z.enum(['up', 'down'])),
});

const COLUMNS = [
  { name: 'partition', type: 'integer' },
  { name: 'counted up to', type: 'integer' },
  { name: 'waiting', type: 'integer' },
  { name: 'behind (ms)', type: 'integer' },
  { name: '', type: 'string' },
] as const;

export function addStatus(program: Command, terminal: Terminal): void {
  program
    .command('status')
    .description('How far events are counted, by partition, and the state of what the system stands on.')
    .option('--json', 'the answer as JSON')
    .action(async (_flags: unknown, command: Command) => {
      const { json, ...connection } = command.optsWithGlobals<StatusFlags>();
      const answer = await connect(terminal, connection).status();
      if (json === true) return printJson(terminal, answer);
      const { status, complete_through: through, lag_ms: lagMs, durability, partitions, dependencies } = STATUS.parse(answer);
      const rows = partitions.map((one) => [
        ...[one.partition, Number(one.next_offset), Number(one.end_offset) - Number(one.next_offset), one.lag_ms],
        one.has_gap ? 'lost events' : '',
      ]);
      const states = Object.entries(dependencies).map(([name, state]) => `${name} ${state === 'up' ? state : pc.red(state)}`);
      terminal.stdout.write(`${tableView({ columns: COLUMNS, rows })}\n\n`);
      terminal.stdout.write(`${pc.bold(status)}: ${lagMs} ms behind, complete through ${through ?? 'nothing yet'}\n`);
      terminal.stdout.write(`${[...states, `durability ${durability}`].join(', ')}\n`);
    });
}
