import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Client } from '@tidegate/sdk';
import { positive } from './positive.ts';
import { CommandFailure, connect, directDatabaseUrl, printJson, requireSetting, type Connection, type Terminal } from '../terminal.ts';

interface CreateFlags extends Connection {
  readonly scopes?: string;
  readonly routes?: string;
  readonly k?: number;
  readonly publishable?: true;
  readonly expires?: string;
}

interface RotateFlags extends Connection {
  readonly overlap?: number;
}

export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command('keys').description('API keys of the tenant; needs a key with tenant:admin. Keys of persons: rewrap.');
  keys
    .command('create <name>')
    .description('Make a key; its secret is shown once.')
    .option('-s, --scopes <scopes>', 'comma separated (default: ingest:write,query:read)')
    .option('-r, --routes <routes>', 'the only routes that it may call, comma separated: operations, or pack.view and pack.write')
    .option('--k <persons>', 'withhold groups of fewer persons from it', positive)
    .option('--publishable', 'a key that may stand in a web page: only ingest:write')
    .option('--expires <instant>', 'RFC 3339')
    .action(async (name: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<CreateFlags>();
      const isPublishable = flags.publishable === true;
      const { scopes = isPublishable ? 'ingest:write' : 'ingest:write,query:read', routes, k, expires } = flags;
      const body = {
        name,
        kind: isPublishable ? 'pub' : 'live',
        scopes: scopes.split(','),
        ...(routes === undefined ? {} : { routes: routes.split(',') }),
        ...(k === undefined ? {} : { k }),
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
  keys
    .command('rewrap')
    .description(
      'After a new key was put first into FIELD_KEYS: wrap the keys of all persons in DATABASE_DIRECT_URL, or DATABASE_URL, by it. Broken off, it goes on where it is run again.',
    )
    .action(async () => rewrap(terminal));
}

/** The drivers are loaded by the command that needs them. */
async function rewrap(terminal: Terminal): Promise<void> {
  const databaseUrl = directDatabaseUrl(terminal);
  const { createKeyWrapper, text } = await import('@tidegate/runtime');
  const { createPool, rewrapPersonKeys } = await import('@tidegate/postgres');
  const fieldKeys = text.keys().safeParse(requireSetting(terminal, 'FIELD_KEYS'));
  if (!fieldKeys.success) throw new CommandFailure('FIELD_KEYS must be base64 keys of 32 bytes, comma separated.');
  const pool = createPool({
    ...{ databaseUrl, applicationName: 'tidegate-cli', role: 'tidegate_keys' },
    ...{ connectionsMax: 1, statementTimeoutMs: 60_000, isDurable: true },
  });
  try {
    const { rewrapped, unreadable } = await rewrapPersonKeys(pool, createKeyWrapper(fieldKeys.data));
    terminal.stdout.write(`${rewrapped} keys wrapped by the first of FIELD_KEYS\n`);
    if (unreadable > 0) throw new CommandFailure(`${unreadable} keys are wrapped by a key that FIELD_KEYS lacks: they stay as they are.`);
  } finally {
    await pool.end();
  }
}

function wholeSeconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds.');
  return Number(text);
}

function post(path: string, body: unknown): Parameters<Client['call']>[0] {
  return { method: 'POST', path, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}
