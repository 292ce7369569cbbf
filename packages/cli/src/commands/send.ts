import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { Option, type Command } from 'commander';
import { parseMapping } from '../mapping.ts';
import { sendFile, type FileReport, type SendFileOptions } from '../send-file.ts';
import { numberText } from '../table-view.ts';
import { CommandFailure, connect, createBar, gatewayOf, setting, type Connection, type Terminal } from '../terminal.ts';

interface SendFlags extends Connection {
  readonly map?: string;
  readonly source?: string;
  readonly format?: 'csv' | 'ndjson';
  readonly state: boolean;
  readonly gzip: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
}

const COUNTED_WITHIN_MS = 60_000;

export function addSend(program: Command, terminal: Terminal): void {
  program
    .command('send <file>')
    .description('Send a file of events: NDJSON, or CSV and other rows with a mapping; "-" reads standard input; gzip is told by itself.')
    .option('-m, --map <file>', 'mapping of columns to events')
    .option('--source <uri>', "source of the events, in place of the mapping's")
    .addOption(new Option('-f, --format <format>', "of the file; default by its name's ending").choices(['csv', 'ndjson']))
    .option('--no-state', 'begin at the first row, whatever an earlier send got done (nothing counts twice)')
    .option('--gzip', 'compress the requests', false)
    .option('--wait', 'return when the events are counted')
    .option('--json', 'print the result as JSON')
    .action(async (file: string, _flags: unknown, command: Command) => {
      await send(terminal, file, command.optsWithGlobals<SendFlags>());
    });
}

async function send(terminal: Terminal, file: string, flags: SendFlags): Promise<void> {
  const client = connect(terminal, flags);
  const bar = createBar(terminal, basename(file));
  const options: SendFileOptions = {
    client,
    gateway: gatewayOf(terminal, flags),
    file,
    stdin: terminal.stdin,
    stateFolder: flags.state ? stateFolder(terminal) : null,
    gzip: flags.gzip,
    onProgress: bar.draw,
    ...(flags.format === undefined ? {} : { format: flags.format }),
    ...(terminal.signal === undefined ? {} : { signal: terminal.signal }),
    ...(await mappingOf(flags)),
  };
  const report = await sendFile(options).finally(bar.end);
  const isCounted = flags.wait === true ? await client.counted(report.receipts, COUNTED_WITHIN_MS) : null;
  printReport(terminal, flags, { report, isCounted });
  if (isCounted === false)
    throw new CommandFailure(`Sent, but not all counted within ${COUNTED_WITHIN_MS / 1000} s: see "tidegate status".`);
}

async function mappingOf(flags: SendFlags): Promise<Pick<SendFileOptions, 'mapping'>> {
  if (flags.map === undefined) {
    if (flags.source !== undefined) throw new CommandFailure('--source goes with --map: events carry their own source.');
    return {};
  }
  const mapping = parseMapping(await readFile(flags.map, 'utf8'));
  return { mapping: flags.source === undefined ? mapping : { ...mapping, source: flags.source } };
}

function stateFolder(terminal: Terminal): string {
  return join(setting(terminal, 'XDG_STATE_HOME') ?? join(homedir(), '.local/state'), 'tidegate/sent');
}

function printReport(
  terminal: Terminal,
  flags: SendFlags,
  result: { readonly report: FileReport; readonly isCounted: boolean | null },
): void {
  const { report, isCounted } = result;
  if (flags.json === true) {
    const { accepted, rejected, resumedAt, examples } = report;
    terminal.stdout.write(`${JSON.stringify({ accepted, rejected, resumed_at: resumedAt, counted: isCounted, examples })}\n`);
    return;
  }
  const resumed = report.resumedAt === 0 ? '' : ` (an earlier send had settled ${numberText(report.resumedAt)})`;
  terminal.stdout.write(`${numberText(report.accepted)} accepted, ${numberText(report.rejected)} rejected${resumed}\n`);
  for (const { index, code, path, message } of report.examples) {
    terminal.stdout.write(`  event ${index + 1}: ${code}${path === null ? '' : ` at ${path}`}: ${message}\n`);
  }
}
