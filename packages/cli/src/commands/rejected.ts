import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Call } from '@tidegate/sdk';
import { tableView } from '../table-view.ts';
import { CommandFailure, connect, printJson, type Connection, type Terminal } from '../terminal.ts';
import { readJob, watchJob } from '../watch-job.ts';

interface ListFlags extends Connection {
  readonly since?: string;
  readonly code?: string;
  readonly cursor?: string;
  readonly limit?: string;
  readonly json?: boolean;
}

interface ReplayFlags extends Connection {
  readonly event?: string;
  readonly all?: boolean;
  readonly code?: string;
  readonly type?: string;
  readonly pack?: string;
  readonly since?: string;
  readonly until?: string;
  readonly correction?: string;
  readonly wait: boolean;
}

const LIST = z.looseObject({
  rejected: z.array(
    z.looseObject({
      ref: z.string(),
      received_at: z.string(),
      code: z.string(),
      path: z.string(),
      attempts: z.number(),
      state: z.string(),
      original: z.string(),
    }),
  ),
  next_cursor: z.string().nullable(),
  beyond_quota: z.array(z.object({ day: z.string(), code: z.string(), events: z.number() })).default([]),
});

/** What a bulk replay takes rows by. */
const FILTERS = ['code', 'type', 'pack', 'since', 'until'] as const;

export function addRejected(program: Command, terminal: Terminal): void {
  const rejected = program.command('rejected').description('Events that were refused: why, and another try.');
  rejected
    .command('list')
    .description('A page of them, newest first; needs events:read.')
    .option('--since <instant>', 'received at or after, RFC 3339')
    .option('--code <code>', 'only those refused for this reason')
    .option('--cursor <cursor>', 'next_cursor of the page before')
    .option('--limit <rows>', 'rows of a page, 1 to 500')
    .option('--json', 'the answer as JSON')
    .action(async (_flags: unknown, command: Command) => {
      const { since, code, cursor, limit, json, ...connection } = command.optsWithGlobals<ListFlags>();
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries({ since, code, cursor, limit })) if (value !== undefined) query.set(name, value);
      const answer = await connect(terminal, connection).call({ method: 'GET', path: `/v1/rejected?${query.toString()}` });
      if (json === true) return printJson(terminal, answer);
      printList(terminal, LIST.parse(answer));
    });
  rejected
    .command('show <ref>')
    .description('One of them, without the event itself; needs events:read.')
    .action(async (ref: string, _flags: unknown, command: Command) => {
      const path = `/v1/rejected/${encodeURIComponent(ref)}`;
      printJson(terminal, await connect(terminal, command.optsWithGlobals<Connection>()).call({ method: 'GET', path }));
    });
  rejected
    .command('replay [ref]')
    .description(
      'Send it again, as it was or corrected; without a ref all that the filters are true of, as a job. Needs tenant:admin (to watch a job also query:read). Repeating it is safe: each event counts once.',
    )
    .option('--event <file>', 'of one: the corrected event as JSON, with the same id')
    .option('--all', 'of many: all that are open')
    .option('--code <code>', 'of many: refused for this reason')
    .option('--type <type>', 'of many: events of this type')
    .option('--pack <pack>', 'of many: events of this pack')
    .option('--since <instant>', 'of many: received at or after, RFC 3339')
    .option('--until <instant>', 'of many: received before')
    .option('--correction <file>', 'of many: a JSON Merge Patch (RFC 7396) for each event')
    .option('--no-wait', 'of many: print the job and do not watch it')
    .action(async (ref: string | undefined, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<ReplayFlags>();
      if (ref === undefined) await replayMany(terminal, flags);
      else await replayOne(terminal, ref, flags);
    });
}

async function replayOne(terminal: Terminal, ref: string, { event, ...connection }: ReplayFlags): Promise<void> {
  const path = `/v1/rejected/${encodeURIComponent(ref)}/replay`;
  const corrected = event === undefined ? {} : { body: await readFile(event, 'utf8'), headers: JSON_BODY };
  printJson(terminal, await connect(terminal, connection).call({ method: 'POST', path, ...corrected }));
}

async function replayMany(terminal: Terminal, flags: ReplayFlags): Promise<void> {
  const client = connect(terminal, flags);
  const job = readJob(await client.call(await askFor(flags)));
  if (!flags.wait) return printJson(terminal, job);
  const ended = await watchJob({ client, terminal }, 'replaying', job);
  const names = Object.keys(ended.progress);
  const columns = ['status', ...names].map((name) => ({ name, type: name === 'status' ? 'string' : 'integer' }));
  terminal.stdout.write(`${tableView({ columns, rows: [[ended.status, ...names.map((name) => ended.progress[name] ?? 0)]] })}\n`);
  if (ended.status !== 'completed')
    throw new CommandFailure(`The job ${ended.job_id} is ${ended.status} (${ended.error_code ?? 'no code'}).`);
}

async function askFor(flags: ReplayFlags): Promise<Call> {
  const given = FILTERS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]]));
  // Everything is a wish of its own: a forgotten filter must not be one.
  if (given.length === 0 && flags.all !== true) throw new CommandFailure('Give a ref, a filter such as --code, or --all.');
  const filters = JSON.stringify(Object.fromEntries(given));
  if (flags.correction === undefined) return { method: 'POST', path: BULK, body: filters, headers: JSON_BODY };
  // Put in as the text that it is: its numbers keep their digits.
  const patch = (await readFile(flags.correction, 'utf8')).trim();
  const body = `${filters.slice(0, -1)}${given.length === 0 ? '' : ','}"correction":${patch}}`;
  return { method: 'POST', path: BULK, body, headers: JSON_BODY };
}

const BULK = '/v1/rejected/replay';
const JSON_BODY = { 'content-type': 'application/json' };

function printList(terminal: Terminal, { rejected, next_cursor: cursor, beyond_quota: beyond }: z.output<typeof LIST>): void {
  const columns = ['ref', 'received_at', 'code', 'path', 'attempts', 'state', 'original'] as const;
  const rows = rejected.map((row) => columns.map((name) => row[name]));
  const typed = columns.map((name) => ({ name, type: name === 'attempts' ? 'integer' : 'string' }));
  terminal.stdout.write(`${tableView({ columns: typed, rows })}\n`);
  for (const { day, code, events } of beyond)
    terminal.stderr.write(`${day}: ${events} more refused as ${code}, beyond the quota of the day: no row is kept of them\n`);
  if (cursor !== null) terminal.stderr.write(`more: --cursor ${cursor}\n`);
}
