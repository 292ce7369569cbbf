import type { Command } from 'commander';
import { z } from 'zod';
import { tableView } from '../table-view.ts';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface ListFlags extends Connection {
  readonly json?: boolean;
}

interface AckFlags extends Connection {
  readonly reason: string;
}

const GAPS = z.looseObject({
  gaps: z.array(
    z.looseObject({
      gap: z.string(),
      partition: z.number(),
      from_offset: z.string(),
      to_offset: z.string(),
      found_at: z.string(),
      acknowledged: z.looseObject({ at: z.string(), by: z.string(), reason: z.string() }).nullable(),
    }),
  ),
});

export function addGaps(program: Command, terminal: Terminal): void {
  const gaps = program.command('gaps').description('Accepted events that the log lost before they were counted; needs ops:admin.');
  gaps
    .command('list')
    .description('All of them, newest first, and who has read of each.')
    .option('--json', 'the answer as JSON')
    .action(async (_flags: unknown, command: Command) => {
      const { json, ...connection } = command.optsWithGlobals<ListFlags>();
      const answer = await connect(terminal, connection).call({ method: 'GET', path: '/v1/admin/gaps' });
      if (json === true) return printJson(terminal, answer);
      const rows = GAPS.parse(answer).gaps.map(({ gap, partition, from_offset: from, to_offset: to, found_at: found, acknowledged }) => [
        ...[gap, partition, from, to, found, acknowledged?.at ?? null, acknowledged?.by ?? null, acknowledged?.reason ?? null],
      ]);
      const names = ['gap', 'partition', 'from_offset', 'to_offset', 'found_at', 'acknowledged_at', 'by', 'reason'];
      const columns = names.map((name) => ({ name, type: name === 'partition' ? 'integer' : 'string' }));
      terminal.stdout.write(`${tableView({ columns, rows })}\n`);
    });
  gaps
    .command('ack <gap>')
    .description('Say that it is known: answers are no longer incomplete for it. The first word on a gap stays.')
    .requiredOption('--reason <text>', 'why nothing more is to be done; kept with the gap')
    .action(async (gap: string, _flags: unknown, command: Command) => {
      const { reason, ...connection } = command.optsWithGlobals<AckFlags>();
      const path = `/v1/admin/gaps/${encodeURIComponent(gap)}/acknowledge`;
      const headers = { 'content-type': 'application/json' };
      const answer = await connect(terminal, connection).call({ method: 'POST', path, body: JSON.stringify({ reason }), headers });
      printJson(terminal, answer);
    });
}
