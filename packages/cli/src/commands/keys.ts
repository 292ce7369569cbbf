import type { Command } from 'commander';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface CreateFlags extends Connection {
  readonly scopes: string;
  readonly expires?: string;
}

export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command('keys').description('API keys of the tenant; needs a key with tenant:admin.');
  keys
    .command('create <name>')
    .description('Make a key; its secret is shown once.')
    .option('-s, --scopes <scopes>', 'comma separated', 'ingest:write,query:read')
    .option('--expires <instant>', 'RFC 3339')
    .action(async (name: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<CreateFlags>();
      const body = { name, scopes: flags.scopes.split(','), ...(flags.expires === undefined ? {} : { expires_at: flags.expires }) };
      const request = {
        method: 'POST',
        path: '/v1/admin/keys',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      } as const;
      printJson(terminal, await connect(terminal, flags).call(request));
    });
  keys
    .command('list')
    .description('Keys without their secrets.')
    .action(async (_flags: unknown, command: Command) => {
      printJson(terminal, await connect(terminal, command.optsWithGlobals<Connection>()).call({ method: 'GET', path: '/v1/admin/keys' }));
    });
  keys
    .command('revoke <id>')
    .description('End a key; every gateway refuses it within two seconds.')
    .action(async (id: string, _flags: unknown, command: Command) => {
      const path = `/v1/admin/keys/${encodeURIComponent(id)}`;
      await connect(terminal, command.optsWithGlobals<Connection>()).call({ method: 'DELETE', path });
      terminal.stdout.write(`${id} is revoked\n`);
    });
}
