import type { Command } from 'commander';
import { z } from 'zod';
import { tableView } from '../table-view.ts';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface StatsFlags extends Connection {
  readonly minutes?: string;
  readonly json?: boolean;
}

const STATS = z.looseObject({
  types: z.array(z.object({ event_type: z.string(), total: z.number(), last_hour: z.number(), last_at: z.string().nullable() })),
  events_per_second: z.number(),
  rejected: z.number(),
  duplicates: z.number(),
  lag_ms: z.object({ p50: z.number().nullable(), p95: z.number().nullable(), p99: z.number().nullable() }),
});

const COLUMNS = [
  { name: 'type', type: 'string' },
  { name: 'events', type: 'integer' },
  { name: 'last hour', type: 'integer' },
  { name: 'last at', type: 'string' },
] as const;

export function addStats(program: Command, terminal: Terminal): void {
  program
    .command('stats')
    .description('How the stream of events goes: events by type, rejected records, copies, and how long events wait to be counted.')
    .option('--minutes <minutes>', 'of so many minutes, 1 to 1440 (default: 60)')
    .option('--json', 'the answer as JSON')
    .action(async (_flags: unknown, command: Command) => {
      const { minutes, json, ...connection } = command.optsWithGlobals<StatsFlags>();
      const path = `/v1/events/stats${minutes === undefined ? '' : `?minutes=${encodeURIComponent(minutes)}`}`;
      const answer = await connect(terminal, connection).call({ method: 'GET', path });
      if (json === true) return printJson(terminal, answer);
      const { types, events_per_second: perSecond, rejected, duplicates, lag_ms: lag } = STATS.parse(answer);
      const rows = types.map((one) => [one.event_type, one.total, one.last_hour, one.last_at]);
      if (rows.length > 0) terminal.stdout.write(`${tableView({ columns: COLUMNS, rows })}\n`);
      const waited = [lag.p50, lag.p95, lag.p99].map((ms) => (ms === null ? '–' : `${ms} ms`));
      terminal.stdout.write(
        `${perSecond} events a second, ${rejected} rejected, ${duplicates} copies; counted after ${waited.join(', ')} (p50, p95, p99)\n`,
      );
    });
}
