/** What becomes of a pack that changes: compare, try on the newest events, follow the making of its metrics, take back. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import pc from 'picocolors';
import { previewView } from '../preview-view.ts';
import type { PreviewedMetric } from '../preview-view.ts';
import { packObject, readPack } from '../pack-file.ts';
import { tableView } from '../table-view.ts';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';

const BAR_WIDTH = 28;
const LOOK_EVERY_MS = 500;
const YAML = { 'content-type': 'application/yaml' };
const JSON_BODY = { 'content-type': 'application/json' };

interface Diff {
  readonly metrics: readonly {
    readonly metric: string;
    readonly change: string;
    readonly from: number | null;
    readonly to: number | null;
    readonly making: boolean;
    readonly parts: readonly string[];
  }[];
  readonly events: readonly { readonly type: string; readonly change: string; readonly parts: readonly string[] }[];
}

/** Of `GET /v1/status`. */
export interface Making {
  readonly metric: string;
  readonly version: number;
  readonly answered_version: number | null;
  readonly partitions: number;
  readonly partitions_done: number;
  readonly share: number;
}

export function addPackVersions(packs: Command, terminal: Terminal): void {
  packs
    .command('diff <pack>')
    .description('What a pack.yaml would change: event types, metrics, and the versions that questions are answered from.')
    .option('--json', 'as JSON')
    .action(async (pack: string, _flags: unknown, command: Command) => {
      const { json, ...connection } = command.optsWithGlobals<Connection & { readonly json?: true }>();
      const asked = { method: 'POST', path: '/v1/admin/packs/diff', body: await readPack(pack), headers: YAML } as const;
      const diff = (await connect(terminal, connection).call(asked)) as Diff;
      if (json === true) printJson(terminal, diff);
      else terminal.stdout.write(`${diffView(diff)}\n`);
    });
  packs
    .command('preview <pack>')
    .description('What the newest events give by the pack in place and by this one, side by side. Nothing is written.')
    .option('--metric <metric>', 'one metric; default: all that change')
    .option('--events <n>', 'newest events to look at, at most', Number)
    .option('--json', 'as JSON')
    .action(async (pack: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<Connection & { readonly metric?: string; readonly events?: number; readonly json?: true }>();
      await preview(terminal, packObject(await readPack(pack)), flags);
    });
  packs
    .command('rollback <name>')
    .description('Put in place again what the pack was before; done twice, it is undone.')
    .action(async (name: string, _flags: unknown, command: Command) => {
      const path = `/v1/admin/packs/${encodeURIComponent(name)}/rollback`;
      printJson(terminal, await connect(terminal, command.optsWithGlobals<Connection>()).call({ method: 'POST', path }));
    });
  packs
    .command('status')
    .description('How far metric versions are that are being made of raw events.')
    .option('--wait', 'until all are made')
    .option('--json', 'as JSON')
    .action(async (_flags: unknown, command: Command) => {
      await showMaking(terminal, command.optsWithGlobals<Connection & { readonly wait?: true; readonly json?: true }>());
    });
}

async function preview(
  terminal: Terminal,
  pack: unknown,
  { metric, events, json, ...connection }: Connection & { readonly metric?: string; readonly events?: number; readonly json?: true },
): Promise<void> {
  const body = JSON.stringify({ pack, ...(metric === undefined ? {} : { metric }), ...(events === undefined ? {} : { events }) });
  const asked = { method: 'POST', path: '/v1/admin/packs/preview', body, headers: JSON_BODY } as const;
  const told = (await connect(terminal, connection).call(asked)) as { readonly metrics: readonly PreviewedMetric[] };
  if (json === true) return printJson(terminal, told);
  const views = told.metrics.map((one) => previewView(one, terminal.stdout.columns ?? 80));
  terminal.stdout.write(`${views.length === 0 ? 'No metric changes.' : views.join('\n\n')}\n`);
}

function diffView({ metrics, events }: Diff): string {
  const columns = [
    { name: 'metric', type: 'string' },
    { name: 'change', type: 'string' },
    { name: 'version', type: 'string' },
    { name: 'what', type: 'string' },
  ];
  const rows = metrics.map(({ metric, change, from, to, making, parts }) => {
    const version = from === to ? String(to ?? '') : `${from ?? '–'} → ${to ?? '–'}`;
    return [metric, change, `${version}${making ? ', made of raw events first' : ''}`, change === 'changed' ? parts.join(', ') : ''];
  });
  const types = events.map(({ type, change, parts }) => `${type}: ${change}${change === 'changed' ? ` (${parts.join(', ')})` : ''}`);
  return [tableView({ columns, rows }), ...types].join('\n');
}

async function showMaking(
  terminal: Terminal,
  { wait, json, ...connection }: Connection & { readonly wait?: true; readonly json?: true },
): Promise<void> {
  const client = connect(terminal, connection);
  const look = async (): Promise<readonly Making[]> => ((await client.status()) as { readonly making?: readonly Making[] }).making ?? [];
  let making = await look();
  const isDrawn = wait === true && terminal.stderr.isTTY === true;
  while (wait === true && making.length > 0) {
    if (isDrawn) terminal.stderr.write(`\r\x1b[2K${makingView(making).join('  ')}`);
    await delay(LOOK_EVERY_MS);
    making = await look();
  }
  if (isDrawn) terminal.stderr.write('\r\x1b[2K');
  if (json === true) return printJson(terminal, making);
  terminal.stdout.write(`${making.length === 0 ? 'Every metric is whole.' : makingView(making).join('\n')}\n`);
}

/** A line with a bar for each. */
export function makingView(making: readonly Making[]): string[] {
  return making.map(({ metric, version, answered_version: answered, partitions, partitions_done: done, share }) => {
    const filled = Math.round(share * BAR_WIDTH);
    const bar = `${pc.cyan('█'.repeat(filled))}${pc.dim('░'.repeat(BAR_WIDTH - filled))}`;
    const meanwhile = answered === null ? 'not answered yet' : `answered from version ${answered}`;
    return `${metric} version ${version} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${done} of ${partitions} partitions, ${meanwhile}`;
  });
}
