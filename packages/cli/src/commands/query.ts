import type { Question } from '@tidegate/sdk';
import { Option, type Command } from 'commander';
import { plotView } from '../plot-view.ts';
import { tableView } from '../table-view.ts';
import { CommandFailure, connect, printJson, type Connection, type Terminal } from '../terminal.ts';
import { addScope, footer, toScope, type ScopeFlags } from './scope.ts';

interface QueryFlags extends Connection, ScopeFlags {
  readonly kind?: 'series' | 'table' | 'summary' | 'heatmap';
  readonly measures?: string;
  readonly fill?: 'zero' | 'null' | 'none';
  readonly order?: string;
  readonly limit?: string;
  readonly all?: boolean;
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly csv?: boolean;
  readonly plot?: boolean;
}

export function addQuery(program: Command, terminal: Terminal): void {
  const command = program
    .command('query <metric>')
    .description('Ask a question of a metric.')
    .addOption(
      new Option(
        '-k, --kind <kind>',
        'default series with --grain or --fill, table with --group-by, series with --plot, else summary',
      ).choices(['series', 'table', 'summary', 'heatmap']),
    )
    .option('-m, --measures <names>', 'comma separated; default all of the metric');
  addScope(command)
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

/** The question that the flags describe. */
export function toQuestion(metric: string, flags: QueryFlags): Question {
  const { fill, order } = flags;
  return {
    metric,
    kind: flags.kind ?? usualKind(flags),
    ...toScope(flags),
    ...(fill === undefined ? {} : { fill }),
    ...(order === undefined ? {} : { order }),
    ...(flags.measures === undefined ? {} : { measures: flags.measures.split(',') }),
    ...(flags.limit === undefined ? {} : { limit: toLimit(flags.limit) }),
  };
}

/** What somebody means who names no kind: buckets where there is something about buckets, else rows where there are groups. */
function usualKind({ grain, fill, plot, groupBy }: QueryFlags): NonNullable<QueryFlags['kind']> {
  if (grain !== undefined || fill !== undefined) return 'series';
  if (groupBy !== undefined) return 'table';
  return plot === true ? 'series' : 'summary';
}

function toLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1) throw new CommandFailure('--limit takes a whole number of at least 1.');
  return limit;
}
