import type { Answer, Question } from '@tidegate/sdk';
import { Option, type Command } from 'commander';
import { plotView } from '../plot-view.ts';
import { tableView } from '../table-view.ts';
import { CommandFailure, connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface QueryFlags extends Connection {
  readonly kind?: 'series' | 'table' | 'summary';
  readonly measures?: string;
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly grain?: string;
  readonly zone?: string;
  readonly groupBy?: string;
  readonly where: readonly string[];
  readonly subject?: string;
  readonly fill?: 'zero' | 'null' | 'none';
  readonly order?: string;
  readonly limit?: string;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly csv?: boolean;
  readonly plot?: boolean;
}

const OPERATORS: Readonly<Record<string, string>> = {
  '!=': 'ne',
  '>=': 'gte',
  '<=': 'lte',
  '^=': 'prefix',
  '>': 'gt',
  '<': 'lt',
  '=': 'eq',
};

export function addQuery(program: Command, terminal: Terminal): void {
  program
    .command('query <metric>')
    .description('Ask a question of a metric.')
    .addOption(
      new Option(
        '-k, --kind <kind>',
        'default series with --grain or --fill, table with --group-by, series with --plot, else summary',
      ).choices(['series', 'table', 'summary']),
    )
    .option('-m, --measures <names>', 'comma separated; default all of the metric')
    .option('--from <time>', 'local date or time in --zone, or an instant')
    .option('--to <time>', 'end, not included')
    .option('--last <span>', 'in place of --from and --to: 12h, 30d')
    .option('-g, --grain <grain>', 'of a series: minute (where the metric keeps it), quarter_hour, hour, day, week, month, quarter, year')
    .option('-z, --zone <zone>', 'IANA zone of buckets and local times')
    .option('-b, --group-by <dimensions>', 'comma separated')
    .option(
      '-w, --where <condition>',
      'dimension=value, also != > >= < <= and ^= (prefix); a|b for one of several; repeatable',
      collect,
      [],
    )
    .option('--subject <id>', 'one person or thing')
    .addOption(new Option('--fill <how>', 'empty buckets').choices(['zero', 'null', 'none']))
    .option('-o, --order <column>', 'with - before it from the greatest')
    .option('-n, --limit <rows>')
    .option('--all', 'all pages')
    .option('--json', 'the answer as JSON')
    .option('--ndjson', 'one row a line')
    .option('--csv', 'RFC 4180; texts that a spreadsheet would run as a formula get an apostrophe')
    .option('-p, --plot', 'draw it')
    .action(async (metric: string, _flags: unknown, command: Command) => {
      await query(terminal, metric, command.optsWithGlobals<QueryFlags>());
    });
}

async function query(terminal: Terminal, metric: string, flags: QueryFlags): Promise<void> {
  const client = connect(terminal, flags);
  const question = toQuestion(metric, flags);
  if (flags.ndjson === true) {
    terminal.stdout.write(await client.queryLines(question));
    return;
  }
  if (flags.csv === true) {
    terminal.stdout.write(await client.queryCsv(question));
    return;
  }
  const answer = flags.all === true ? await client.queryAll(question) : await client.query(question);
  if (flags.json === true) return printJson(terminal, answer);
  const width = terminal.stdout.columns ?? 80;
  terminal.stdout.write(`${flags.plot === true ? plotView(answer, { width }) : tableView(answer)}\n`);
  terminal.stderr.write(`${footer(answer)}\n`);
}

/** Says through when the answer is complete, and what a reader must know about it. */
function footer(answer: Answer): string {
  const { meta, next_cursor: cursor } = answer;
  const notes = [`complete through ${String(meta['complete_through'] ?? 'unknown')} (${String(meta['status'] ?? 'unknown')})`];
  if (meta['history_from'] !== undefined) notes.push(`history from ${String(meta['history_from'])}`);
  const folded = meta['over_budget'];
  if (Array.isArray(folded)) notes.push(`more values than the budget of ${folded.join(', ')}: see tidegate budgets`);
  if (cursor !== null) notes.push('more rows: use --all');
  return notes.join(' · ');
}

/** The question that the flags describe; a value in a condition is text, `true`, `false` or a number. */
export function toQuestion(metric: string, flags: QueryFlags): Question {
  const { from, to, last, grain, zone, subject, fill, order } = flags;
  const given = Object.fromEntries(
    Object.entries({ from, to, last, grain, zone, subject, fill, order }).filter(([, value]) => value !== undefined),
  );
  return {
    metric,
    kind: flags.kind ?? usualKind(flags),
    ...given,
    ...(flags.measures === undefined ? {} : { measures: flags.measures.split(',') }),
    ...(flags.groupBy === undefined ? {} : { group_by: flags.groupBy.split(',') }),
    ...(flags.where.length === 0 ? {} : { where: toWhere(flags.where) }),
    ...(flags.limit === undefined ? {} : { limit: toLimit(flags.limit) }),
  };
}

/** What somebody means who names no kind: buckets where there is something about buckets, else rows where there are groups. */
function usualKind({ grain, fill, plot, groupBy }: QueryFlags): NonNullable<QueryFlags['kind']> {
  if (grain !== undefined || fill !== undefined) return 'series';
  if (groupBy !== undefined) return 'table';
  return plot === true ? 'series' : 'summary';
}

function toWhere(conditions: readonly string[]): Readonly<Record<string, unknown>> {
  const where: Record<string, Record<string, unknown>> = {};
  for (const condition of conditions) {
    const { name, operator, value } = toCondition(condition);
    where[name] = { ...where[name], [operator]: value };
  }
  return where;
}

function toCondition(text: string): { readonly name: string; readonly operator: string; readonly value: unknown } {
  const match = /^([a-z][a-z0-9_]*)(!=|>=|<=|\^=|>|<|=)(.*)$/s.exec(text);
  if (match === null) throw new CommandFailure(`--where "${text}": write it as dimension=value.`);
  const [, name = '', sign = '', written = ''] = match;
  const several = written.split('|');
  if (several.length > 1 && sign === '=') return { name, operator: 'in', value: several.map(toValue) };
  if (several.length > 1 && sign === '!=') return { name, operator: 'not_in', value: several.map(toValue) };
  return { name, operator: OPERATORS[sign] ?? 'eq', value: toValue(written) };
}

function toValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/.test(text) ? Number(text) : text;
}

function toLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw new CommandFailure('--limit takes a whole number of at least 1.');
  return limit;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
