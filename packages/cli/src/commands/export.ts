import { createHash } from 'node:crypto';
import { join, resolve, sep } from 'node:path';
import type { Client } from '@tidegate/sdk';
import type { Command } from 'commander';
import { z } from 'zod';
import { numberText } from '../table-view.ts';
import { CommandFailure, connect, printJson, type Connection, type Terminal } from '../terminal.ts';
import { readJob, watchJob } from '../watch-job.ts';

interface ExportFlags extends Connection {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly format?: string;
  readonly grain?: string;
  readonly events?: string;
  readonly rollups?: string;
  readonly into?: string;
  readonly detach?: true;
}

const STATE = z.looseObject({ export_id: z.uuid(), status: z.string(), poll_url: z.string(), job_url: z.string(), location: z.string() });
const MANIFEST = z.looseObject({
  rows: z.int(),
  files: z.array(z.looseObject({ path: z.string(), bytes: z.int(), sha256: z.string() })),
});

export function addExport(program: Command, terminal: Terminal): void {
  program
    .command('export')
    .description('Export events and figures as files, by day, to the store of the installation or into a folder here.')
    .option('--from <date>', 'first day, in UTC')
    .option('--to <date>', 'the day behind the last one; default: today')
    .option('--last <days>', 'instead of both: days before today, as in 1d')
    .option('--format <format>', 'parquet (default), csv or ndjson')
    .option('--events <types>', 'event types with commas between them, or all; needs events:read')
    .option('--rollups <metrics>', 'metrics with commas between them, or all')
    .option('--grain <grain>', 'of the figures: day (default) or hour')
    .option('--into <folder>', 'fetch the files: the manifest comes last')
    .option('--detach', 'do not wait for it')
    .action(async (_flags: unknown, command: Command) => {
      const { into, detach, events, rollups, from, to, last, format, grain, ...connection } = command.optsWithGlobals<ExportFlags>();
      const client = connect(terminal, connection);
      const asked = { from, to, last, format, grain, events: namesOf(events), rollups: namesOf(rollups) };
      const headers = { 'content-type': 'application/json' };
      const state = STATE.parse(await client.call({ method: 'POST', path: '/v1/exports', body: JSON.stringify(asked), headers }));
      if (detach === true) return printJson(terminal, state);
      await finish(client, terminal, state.job_url);
      const text = await client.callText({ method: 'GET', path: `${state.poll_url}/manifest` });
      const manifest = MANIFEST.parse(JSON.parse(text));
      if (into !== undefined) await fetchAll(client, { at: state.poll_url, folder: resolve(into), manifest, text });
      const place = into === undefined ? state.location : resolve(into);
      terminal.stdout.write(`${place}: ${numberText(manifest.rows)} rows in ${numberText(manifest.files.length)} files\n`);
    });
}

function namesOf(list: string | undefined): 'all' | readonly string[] | undefined {
  return list === undefined || list === 'all' ? list : list.split(',').filter((name) => name !== '');
}

async function finish(client: Client, terminal: Terminal, jobUrl: string): Promise<void> {
  const begun = readJob(await client.call({ method: 'GET', path: jobUrl }));
  const { status, error_code: code } = await watchJob({ client, terminal }, 'export', begun);
  if (status !== 'completed') throw new CommandFailure(`The export is ${status}${code === null ? '' : `: ${code}`}.`);
}

interface Fetching {
  readonly at: string;
  readonly folder: string;
  readonly manifest: z.output<typeof MANIFEST>;
  readonly text: string;
}

/** Each file is what the manifest says, or nothing is taken for whole. */
async function fetchAll(client: Client, { at, folder, manifest, text }: Fetching): Promise<void> {
  const { writeWhole } = await import('@tidegate/runtime');
  for (const [no, { path, sha256 }] of manifest.files.entries()) {
    const bytes = await client.callBytes({ method: 'GET', path: `${at}/files/${no}` });
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new CommandFailure(`${path} is not what the manifest says.`);
    const target = join(folder, path);
    if (!target.startsWith(`${folder}${sep}`)) throw new CommandFailure(`${path} is no path below the folder.`);
    await writeWhole(target, bytes);
  }
  await writeWhole(join(folder, 'manifest.json'), Buffer.from(text));
}
