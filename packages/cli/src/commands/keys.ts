import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Client } from '@tidegate/sdk';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface CreateFlags extends Connection {
  readonly scopes?: string;
  readonly publishable?: true;
  readonly expires?: string;
}

interface RotateFlags extends Connection {
  readonly overlap?: number;
}

export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command('keys').description('API keys of the tenant; needs a key with tenant:admin.');
  keys
    .command('create <name>')
    .description('Make a key; its secret is shown once.')
    .option('-s, --scopes <scopes>', 'comma separated (default: ingest:write,query:read)')
    .option('--publishable', 'a key that may stand in a web page: only ingest:write')
    .option('--expires <instant>', 'RFC 3339')
    .action(async (name: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<CreateFlags>();
      const isPublishable = flags.publishable === true;
      const { scopes = isPublishable ? 'ingest:write' : 'ingest:write,query:read', expires } = flags;
      const body = {
        name,
        kind: isPublishable ? 'pub' : 'live',
        scopes: scopes.split(','),
        ...(expires === undefined ? {} : { expires_at: expires }),
      };
      printJson(terminal, await connect(terminal, flags).call(post('/v1/admin/keys', body)));
    });
  keys
    .command('list')
    .description('Keys without their secrets.')
    .action(async (_flags: unknown, command: Command) => {
      printJson(terminal, await connect(terminal, command.optsWithGlobals<Connection>()).call({ method: 'GET', path: '/v1/admin/keys' }));
    });
  keys
    .command('rotate <id>')
    .description('Give a key a new secret, shown once; the old one is taken for a while longer.')
    .option('--overlap <seconds>', 'how long the old secret is taken still; 0 ends it now (default: 86400, a day)', wholeSeconds)
    .action(async (id: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<RotateFlags>();
      const body = flags.overlap === undefined ? {} : { overlap_s: flags.overlap };
      printJson(terminal, await connect(terminal, flags).call(post(`/v1/admin/keys/${encodeURIComponent(id)}/rotate`, body)));
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

function wholeSeconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds.');
  return Number(text);
}

function post(path: string, body: unknown): Parameters<Client['call']>[0] {
  return { method: 'POST', path, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}
