import { readFile } from 'node:fs/promises';
import type { Client } from '@tidegate/sdk';
import type { Command } from 'commander';
import { Option } from 'commander';
import { parse } from 'yaml';
import { tableView } from '../table-view.ts';
import { CommandFailure, connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface LimitFlags extends Connection {
  readonly json?: boolean;
  readonly installation?: true;
}

/** A level of `GET /v1/limits` and `POST /v1/limits/explain`. */
interface Level {
  readonly policy: string;
  readonly scope: string;
  readonly mode: string;
  readonly source: string;
  readonly limit: number;
  readonly window_s: number;
  readonly burst: number;
  readonly remaining: number;
  readonly wait_s: number;
}

interface Explained {
  readonly class: string;
  readonly class_source: string;
  readonly cost: number;
  readonly would_pass: boolean;
  readonly decided_by: string | null;
  readonly levels: readonly Level[];
}

interface Replayed {
  readonly from: string;
  readonly to: string;
  readonly is_complete: boolean;
  readonly requests: number;
  readonly refused: number;
  readonly would_refuse: number;
  readonly classes: readonly { class: string; requests: number; refused: number; would_refuse: number }[];
  readonly policies: readonly { policy: string; refused: number; would_refuse: number }[];
  readonly callers_hit: number;
  readonly callers: readonly {
    key: string | null;
    user: string | null;
    route: string;
    requests: number;
    refused: number;
    would_refuse: number;
    policy: string;
    first_at: string;
  }[];
}

const COLUMNS = [
  ...['policy', 'counts by', 'mode'].map((name) => ({ name, type: 'string' })),
  ...['limit', 'seconds', 'at once', 'left', 'wait (s)'].map((name) => ({ name, type: 'integer' })),
  { name: 'set by', type: 'string' },
];

export function addLimits(program: Command, terminal: Terminal): void {
  const limits = program.command('limits').description('How much may be asked, what is left of it, and who says so.');
  const asJson = (): Option => new Option('--json', 'as JSON');
  limits
    .command('list')
    .description('The limits that count the caller, as they stand now.')
    .addOption(asJson())
    .action(async (_flags: unknown, command: Command) => {
      const { json, ...connection } = command.optsWithGlobals<LimitFlags>();
      const told = (await connect(terminal, connection).call({ method: 'GET', path: '/v1/limits' })) as {
        readonly limits: readonly Level[];
      };
      if (json === true) return printJson(terminal, told);
      terminal.stdout.write(levelsView(told.limits));
    });
  limits
    .command('explain <method> <path>')
    .description('Which limits would decide over a request of the caller, and why. The request is not made, and nothing is spent.')
    .addOption(asJson())
    .action(async (...[method, path, , command]: [string, string, unknown, Command]) => {
      const { json, ...connection } = command.optsWithGlobals<LimitFlags>();
      const asked = post('/v1/limits/explain', { method: method.toUpperCase(), path });
      const told = (await connect(terminal, connection).call(asked)) as Explained;
      if (json === true) return printJson(terminal, told);
      terminal.stdout.write(`${verdictOf(told)}\n${levelsView(told.levels)}`);
    });
  addReplay(limits, terminal);
  limits
    .command('get')
    .description('What the tenant has set of its limits; needs a key with tenant:admin.')
    .option('--installation', 'what is set for the whole installation; needs ops:admin')
    .action(async (_flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<LimitFlags>();
      printJson(terminal, await connect(terminal, flags).call({ method: 'GET', path: pathOf(flags) }));
    });
  limits
    .command('set <file>')
    .description('Set the limits of the tenant to those of a YAML or JSON file, in place of what was set; in force within a second.')
    .option('--installation', 'those of the whole installation, its tiers and the tiers of its tenants; needs ops:admin')
    .action(async (file: string, _flags: unknown, command: Command) => {
      const flags = command.optsWithGlobals<LimitFlags>();
      printJson(terminal, await connect(terminal, flags).call(post(pathOf(flags), await readLimits(file))));
    });
}

function addReplay(limits: Command, terminal: Terminal): void {
  limits
    .command('replay <file>')
    .description(
      'Whom the limits of a YAML or JSON file would have refused, by what was asked for of late; needs tenant:admin. Changes nothing.',
    )
    .option('--last-s <seconds>', 'how far back, at most a day', '3600')
    .addOption(new Option('--json', 'as JSON'))
    .action(async (file: string, _flags: unknown, command: Command) => {
      const { json, lastS, ...connection } = command.optsWithGlobals<LimitFlags & { readonly lastS: string }>();
      const asked = post('/v1/limits/replay', { limits: await readLimits(file), last_s: Number(lastS) });
      const told = (await connect(terminal, connection).call(asked)) as Replayed;
      if (json === true) return printJson(terminal, told);
      terminal.stdout.write(replayView(told));
    });
}

const counted = (...names: readonly string[]): readonly { name: string; type: string }[] =>
  names.map((name) => ({ name, type: 'integer' }));
const named = (...names: readonly string[]): readonly { name: string; type: string }[] => names.map((name) => ({ name, type: 'string' }));

function replayView({ classes, policies, callers, callers_hit: hit, ...told }: Replayed): string {
  const [allowed, allows] = [told.requests - told.refused, told.requests - told.would_refuse];
  const lines = [
    `${told.from} to ${told.to}: of ${told.requests} requests ${allowed} were let in, ${allows} would have been.`,
    ...(told.is_complete ? [] : ['Not all that was asked for is recorded: there was more than this.']),
    tableView({
      columns: [...named('class'), ...counted('allowed', 'refused', 'would be allowed', 'would be refused')],
      rows: classes.map((of) => [of.class, of.requests - of.refused, of.refused, of.requests - of.would_refuse, of.would_refuse]),
    }),
    tableView({
      columns: [...named('policy'), ...counted('refused', 'would refuse')],
      rows: policies.map((of) => [of.policy, of.refused, of.would_refuse]),
    }),
    hit === 0 ? 'Nobody would have been refused.' : `Would have been refused (${callers.length} of ${hit}):`,
  ];
  const whom = tableView({
    columns: [...named('caller', 'route'), ...counted('requests', 'refused', 'would be refused'), ...named('by', 'first at')],
    rows: callers.map((one) => [
      one.key ?? `user ${one.user ?? ''}`,
      one.route,
      ...[one.requests, one.refused, one.would_refuse],
      ...[one.policy, one.first_at],
    ]),
  });
  return `${[...lines, ...(hit === 0 ? [] : [whom])].join('\n')}\n`;
}

function pathOf({ installation }: LimitFlags): string {
  return installation === true ? '/v1/admin/limits/installation' : '/v1/admin/limits';
}

async function readLimits(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function verdictOf({ class: name, class_source: source, cost, would_pass: passes, decided_by: policy, levels }: Explained): string {
  const price = cost === 1 ? '' : `, counted as ${cost} requests`;
  if (levels.length === 0) return `It is of the class ${name} (${source}): nothing limits it.`;
  const verdict = passes ? 'It would pass' : `It would be refused by ${policy ?? 'none'}`;
  return `${verdict}. It is of the class ${name} (${source})${price}.`;
}

function levelsView(levels: readonly Level[]): string {
  if (levels.length === 0) return '';
  const rows = levels.map((one) => [
    ...[one.policy, one.scope, one.mode],
    ...[one.limit, one.window_s, one.burst, one.remaining, one.wait_s],
    one.source,
  ]);
  return `${tableView({ columns: COLUMNS, rows })}\n`;
}

function post(path: string, body: unknown): Parameters<Client['call']>[0] {
  return { method: 'POST', path, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}
