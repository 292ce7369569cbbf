import { Option, type Command } from 'commander';
import { tableView } from '../table-view.ts';
import { connect, printJson, type Connection, type Terminal } from '../terminal.ts';

interface BudgetFlags extends Connection {
  readonly metric?: string;
  readonly days?: string;
  readonly spent?: true;
  readonly json?: boolean;
}

/** A row of `GET /v1/budgets`. */
interface Budget {
  readonly metric: string;
  readonly dimension: string;
  readonly day: string;
  readonly values: number;
  readonly values_max: number;
  readonly spent_at: string | null;
}

const COLUMNS = [
  { name: 'metric', type: 'string' },
  { name: 'dimension', type: 'string' },
  { name: 'day', type: 'string' },
  { name: 'values', type: 'integer' },
  { name: 'budget', type: 'integer' },
  { name: 'spent at', type: 'string' },
] as const;

export function addBudgets(program: Command, terminal: Terminal): void {
  program
    .command('budgets')
    .description('How many values dimensions have, by day: spent budgets first. What is beyond one is counted as _other.')
    .option('--metric <metric>', 'of one metric')
    .option('--days <days>', 'so many event days, today included; 1 to 366 (default: 7)')
    .option('--spent', 'only those that are spent')
    .addOption(new Option('--json', 'as JSON'))
    .action(async (_flags: unknown, command: Command) => {
      const { metric, days, spent, json, ...connection } = command.optsWithGlobals<BudgetFlags>();
      const query = new URLSearchParams();
      if (metric !== undefined) query.set('metric', metric);
      if (days !== undefined) query.set('days', days);
      if (spent === true) query.set('spent', 'true');
      const asked = { method: 'GET', path: `/v1/budgets?${query.toString()}` } as const;
      const told = (await connect(terminal, connection).call(asked)) as { readonly budgets: readonly Budget[] };
      if (json === true) return printJson(terminal, told);
      const rows = told.budgets.map((one) => [one.metric, one.dimension, one.day, one.values, one.values_max, one.spent_at]);
      terminal.stdout.write(rows.length === 0 ? 'No dimension had a value that counts.\n' : `${tableView({ columns: COLUMNS, rows })}\n`);
    });
}
