import type { Command } from 'commander';
import { z } from 'zod';
import { tableView } from '../table-view.ts';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface EventFlags extends Connection {
  readonly source?: string;
  readonly subject?: string;
  readonly receipt?: string;
  readonly json?: boolean;
}

const STATE = z.looseObject({
  state: z.string(),
  copies: z.number(),
  received_at: z.string().nullable(),
  partition: z.number().nullable(),
  offset: z.number().nullable(),
  reason: z.string().optional(),
});

export function addEvent(program: Command, terminal: Terminal): void {
  program
    .command('event')
    .description('What became of one event: counted, pending, rejected or not known; needs events:read.')
    .argument('<id>')
    .option('--source <source>', 'of one source alone')
    .option('--subject <subject>', 'about one person alone')
    .option('--receipt <receipt>', 'of the request that sent it: then it is told whether it is pending')
    .option('--json', 'the answer as JSON')
    .action(async (...[id, , own]: [string, unknown, Command]) => {
      const { source, subject, receipt, json, ...connection } = own.optsWithGlobals<EventFlags>();
      const given = Object.entries({ source, subject, receipt }).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const asked = new URLSearchParams(given).toString();
      const path = `/v1/events/${encodeURIComponent(id)}${asked === '' ? '' : `?${asked}`}`;
      const answer = await connect(terminal, connection).call({ method: 'GET', path });
      if (json === true) return printJson(terminal, answer);
      const { state, copies, received_at: received, partition, offset, reason } = STATE.parse(answer);
      const names = ['state', 'copies', 'received_at', 'partition', 'offset', 'reason'];
      const columns = names.map((name) => ({ name, type: 'string' }));
      terminal.stdout.write(`${tableView({ columns, rows: [[state, copies, received, partition, offset, reason ?? null]] })}\n`);
    });
}
