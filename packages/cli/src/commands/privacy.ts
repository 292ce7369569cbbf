import type { Command } from 'commander';
import type { Client } from '@tidegate/sdk';
import { z } from 'zod';
import { tableView } from '../table-view.ts';
import {
  CommandFailure,
  connect,
  directDatabaseUrl,
  printJson,
  requireSetting,
  setting,
  type Connection,
  type Terminal,
} from '../terminal.ts';

interface EraseFlags extends Connection {
  readonly confirm?: true;
  readonly wait?: true;
}

const ERASURE = z.looseObject({ request_id: z.uuid(), state: z.enum(['requested', 'erasing', 'erased', 'final']) });
const EXPORT_STATE = z.looseObject({
  status: z.string(),
  poll_url: z.string(),
  url: z.string().nullable(),
  error_code: z.string().nullable(),
});
const POLL_MS = 500;
const CONNECT_MS = 5_000;

export function addPrivacy(program: Command, terminal: Terminal): void {
  const privacy = program.command('privacy').description('Rights of persons over their data; needs privacy:admin.');
  privacy
    .command('erase <subject>')
    .description('Erase a person: everything about them, for ever. Events about them are refused from now on.')
    .option('--confirm', 'what is erased cannot be brought back')
    .option('--wait', 'until nothing can be asked any more; then show the certificate')
    .action(async (subject: string, _flags: unknown, command: Command) => {
      const { confirm, wait, ...connection } = command.optsWithGlobals<EraseFlags>();
      if (confirm !== true) throw new CommandFailure('What is erased cannot be brought back: say so with --confirm.');
      const client = connect(terminal, connection);
      const headers = { 'content-type': 'application/json' };
      const asked = await client.call({
        method: 'POST',
        path: '/v1/privacy/erasures',
        body: JSON.stringify({ subject, confirm }),
        headers,
      });
      let erasure = ERASURE.parse(asked);
      const path = `/v1/privacy/erasures/${erasure.request_id}`;
      while (wait === true && (erasure.state === 'requested' || erasure.state === 'erasing') && terminal.signal?.aborted !== true) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        erasure = ERASURE.parse(await client.call({ method: 'GET', path }));
      }
      printJson(terminal, wait === true ? await client.call({ method: 'GET', path: `${path}/certificate` }) : erasure);
    });
  privacy
    .command('subject <pseudonym>')
    .description('Whom a pseudonym means, where a pack has ids kept. The audit has every reading.')
    .action(async (pseudonym: string, _flags: unknown, command: Command) => {
      const client = connect(terminal, command.optsWithGlobals<Connection>());
      printJson(terminal, await client.call({ method: 'GET', path: `/v1/privacy/subjects/${encodeURIComponent(pseudonym)}` }));
    });
  privacy
    .command('export <subject>')
    .description('All that is held about a person, as JSON: events, entities, figures, findings, refused events, accesses.')
    .action(async (subject: string, _flags: unknown, command: Command) => {
      const client = connect(terminal, command.optsWithGlobals<Connection>());
      terminal.stdout.write(await exportOf(client, terminal, subject));
    });
  privacy
    .command('verify <subject>')
    .description('Search every table, and Redis, for a person: by the id and by the pseudonym. Exits with 1 where something is found.')
    .requiredOption('--tenant <tenant>', 'of the person')
    .action(async (subject: string, { tenant }: { readonly tenant: string }) => {
      const found = await search(terminal, { tenant, subject });
      const columns = ['place', 'named by', 'rows'].map((name) => ({ name, type: name === 'rows' ? 'integer' : 'string' }));
      terminal.stdout.write(`${found.length === 0 ? 'Nothing is found.' : tableView({ columns, rows: found })}\n`);
      if (found.length > 0) throw new CommandFailure('The person is found.');
    });
}

/** The text as it came: numbers in it may have more digits than a double. A large one is waited for, and fetched by its link. */
async function exportOf(client: Client, terminal: Terminal, subject: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const text = await client.callText({ method: 'POST', path: '/v1/privacy/exports', body: JSON.stringify({ subject }), headers });
  const asked = EXPORT_STATE.safeParse(JSON.parse(text));
  if (!asked.success) return text;
  let state = asked.data;
  while (state.status === 'queued' || state.status === 'processing') {
    terminal.signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    state = EXPORT_STATE.parse(await client.call({ method: 'GET', path: state.poll_url }));
  }
  if (state.url === null)
    throw new CommandFailure(`The export is ${state.status}${state.error_code === null ? '' : `: ${state.error_code}`}.`);
  return client.callText({ method: 'GET', path: state.url });
}

/** Where the person is found: tables of the schema but those that keep tombstones, and names and values in Redis. */
async function search(
  terminal: Terminal,
  { tenant, subject }: { readonly tenant: string; readonly subject: string },
): Promise<readonly (readonly [string, string, number])[]> {
  const { createPseudonymHmac, text } = await import('@tidegate/runtime');
  const { createPool, findInTables } = await import('@tidegate/postgres');
  const pseudonym = createPseudonymHmac(text.secret().parse(requireSetting(terminal, 'PSEUDONYM_SECRET')), tenant)(subject);
  const names = { id: subject, pseudonym };
  const databaseUrl = directDatabaseUrl(terminal);
  const pool = createPool({ databaseUrl, applicationName: 'tidegate-verify', connectionsMax: 1, statementTimeoutMs: 3_600_000 });
  try {
    const inTables = await findInTables(pool, names);
    return [...inTables, ...(await findInRedis(terminal, names))];
  } finally {
    await pool.end();
  }
}

/** Where REDIS_URL is set. */
async function findInRedis(
  terminal: Terminal,
  names: Readonly<Record<string, string>>,
): Promise<readonly (readonly [string, string, number])[]> {
  const url = setting(terminal, 'REDIS_URL');
  if (url === undefined) return [];
  const { connectRedis, countKeysOf, whenConnected } = await import('@tidegate/redis');
  const redis = connectRedis({ address: { url }, name: 'tidegate-verify' });
  try {
    if (!(await whenConnected(redis, CONNECT_MS))) throw new CommandFailure('Redis does not answer.');
    const counted = await Promise.all(
      Object.entries(names).map(async ([name, text]) => ['redis', name, await countKeysOf(redis, text)] as const),
    );
    return counted.filter(([, , rows]) => rows > 0);
  } finally {
    redis.disconnect();
  }
}
