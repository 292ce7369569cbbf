/** Recounts rollups from raw events and shows what was wrong. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@tidegate/sdk';
import type { Command } from 'commander';
import pc from 'picocolors';
import { z } from 'zod';
import { tableView } from '../table-view.ts';
import { CommandFailure, connect, printJson, type Connection, type Terminal } from '../terminal.ts';

const BAR_WIDTH = 28;
const LOOK_EVERY_MS = 500;

interface Flags extends Connection {
  readonly latest?: true;
  readonly json?: true;
}

const RECOUNTS = z.looseObject({
  recounts: z.array(
    z.looseObject({
      metric: z.string(),
      version: z.number(),
      state: z.string(),
      share: z.number(),
      days: z.number(),
      days_unkept: z.number(),
      buckets: z.number(),
      cells: z.number(),
      drift: z.number(),
      repaired: z.number(),
      request_no: z.number(),
      finished_at: z.string().nullable(),
    }),
  ),
  drift: z.array(
    z.looseObject({
      metric: z.string(),
      grain: z.string(),
      bucket: z.string(),
      kind: z.string(),
      dimensions: z.record(z.string(), z.string().nullable()),
      expected: z.unknown(),
      found: z.unknown(),
      found_at: z.string(),
      repaired_at: z.string().nullable(),
    }),
  ),
});
type Recounts = z.output<typeof RECOUNTS>;

export function addReconcile(program: Command, terminal: Terminal): void {
  program
    .command('reconcile [metric]')
    .description('Recount rollups from raw events now and show what was wrong (it is repaired); needs tenant:admin. Exit code 1 on drift.')
    .option('--latest', 'show the latest recount and ask for none; needs query:read')
    .option('--json', 'as JSON')
    .action(async (metric: string | undefined, _flags: unknown, command: Command) => {
      const { latest, json, ...connection } = command.optsWithGlobals<Flags>();
      const client = connect(terminal, connection);
      const query = metric === undefined ? '' : `?metric=${encodeURIComponent(metric)}`;
      const told = latest === true ? await read(client, query) : await recount(terminal, client, { metric, query });
      if (json === true) printJson(terminal, told);
      else terminal.stdout.write(`${view(told)}\n`);
      const drift = told.recounts.reduce((sum, one) => sum + one.drift, 0);
      if (drift > 0) throw new CommandFailure(`${drift} cells were not what the raw events give.`);
    });
}

async function read(client: Client, query: string): Promise<Recounts> {
  return RECOUNTS.parse(await client.call({ method: 'GET', path: `/v1/audit/reconcile${query}` }));
}

/** Leaving off ends the watching, not the recount. */
async function recount(
  terminal: Terminal,
  client: Client,
  { metric, query }: { readonly metric: string | undefined; readonly query: string },
): Promise<Recounts> {
  const body = JSON.stringify({ metric });
  const headers = { 'content-type': 'application/json' };
  const answer = await client.call({ method: 'POST', path: '/v1/audit/reconcile', body, headers });
  const asked = z.object({ request_no: z.number() }).parse(answer);
  const isDone = ({ recounts }: Recounts): boolean => recounts.every((one) => one.request_no >= asked.request_no);
  const isDrawn = terminal.stderr.isTTY === true;
  let told = await read(client, query);
  while (!isDone(told)) {
    if (isDrawn) terminal.stderr.write(`\r\x1b[2K${barOf(told)}`);
    await delay(LOOK_EVERY_MS, undefined, terminal.signal === undefined ? {} : { signal: terminal.signal });
    told = await read(client, query);
  }
  if (isDrawn) terminal.stderr.write('\r\x1b[2K');
  return told;
}

function barOf({ recounts }: Recounts): string {
  const share = recounts.reduce((sum, one) => sum + one.share, 0) / Math.max(1, recounts.length);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = `${pc.cyan('█'.repeat(filled))}${pc.dim('░'.repeat(BAR_WIDTH - filled))}`;
  return `recounting ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${recounts.length} metrics`;
}

function view({ recounts, drift }: Recounts): string {
  if (recounts.length === 0) return 'There is no metric.';
  const names = ['metric', 'version', 'state', 'days', 'unkept', 'buckets', 'cells', 'drift', 'repaired', 'finished_at'];
  const columns = names.map((name) => ({ name, type: ['metric', 'state', 'finished_at'].includes(name) ? 'string' : 'integer' }));
  const rows = recounts.map((one) => [
    ...[one.metric, one.version, one.state, one.days, one.days_unkept, one.buckets, one.cells, one.drift, one.repaired, one.finished_at],
  ]);
  return [tableView({ columns, rows }), ...(drift.length === 0 ? [] : ['', driftView(drift)])].join('\n');
}

function driftView(drift: Recounts['drift']): string {
  const names = ['metric', 'grain', 'bucket', 'series', 'kind', 'expected', 'found', 'found_at', 'repaired_at'];
  const columns = names.map((name) => ({ name, type: 'string' }));
  const rows = drift.map((one) => {
    const series = Object.entries(one.dimensions).map(([name, value]) => `${name}=${value ?? '-'}`);
    const [expected, found] = [one.expected, one.found].map((values) => (values === null ? null : JSON.stringify(values)));
    return [one.metric, one.grain, one.bucket, series.join(' '), one.kind, expected ?? null, found ?? null, one.found_at, one.repaired_at];
  });
  return tableView({ columns, rows });
}
