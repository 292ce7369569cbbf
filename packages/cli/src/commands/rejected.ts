import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface ListFlags extends Connection {
  readonly since?: string;
  readonly code?: string;
  readonly cursor?: string;
  readonly limit?: string;
}

interface ReplayFlags extends Connection {
  readonly event?: string;
}

export function addRejected(program: Command, terminal: Terminal): void {
  const rejected = program.command('rejected').description('Events that were refused: why, and another try.');
  rejected
    .command('list')
    .description('A page of them, newest first; needs events:read.')
    .option('--since <instant>', 'received at or after, RFC 3339')
    .option('--code <code>', 'only those refused for this reason')
    .option('--cursor <cursor>', 'next_cursor of the page before')
    .option('--limit <rows>', 'rows of a page, 1 to 500')
    .action(async (_flags: unknown, command: Command) => {
      const { since, code, cursor, limit, ...connection } = command.optsWithGlobals<ListFlags>();
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries({ since, code, cursor, limit })) if (value !== undefined) query.set(name, value);
      printJson(terminal, await connect(terminal, connection).call({ method: 'GET', path: `/v1/rejected?${query.toString()}` }));
    });
  rejected
    .command('show <ref>')
    .description('One of them, without the event itself; needs events:read.')
    .action(async (ref: string, _flags: unknown, command: Command) => {
      const path = `/v1/rejected/${encodeURIComponent(ref)}`;
      printJson(terminal, await connect(terminal, command.optsWithGlobals<Connection>()).call({ method: 'GET', path }));
    });
  rejected
    .command('replay <ref>')
    .description('Send it again, as it was or corrected; needs tenant:admin. Repeating it is safe: it counts once.')
    .option('--event <file>', 'the corrected event as JSON, with the same id')
    .action(async (ref: string, _flags: unknown, command: Command) => {
      const { event, ...connection } = command.optsWithGlobals<ReplayFlags>();
      const path = `/v1/rejected/${encodeURIComponent(ref)}/replay`;
      const headers = { 'content-type': 'application/json' };
      const corrected = event === undefined ? {} : { body: await readFile(event, 'utf8'), headers };
      printJson(terminal, await connect(terminal, connection).call({ method: 'POST', path, ...corrected }));
    });
}
