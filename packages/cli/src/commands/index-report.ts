import type { IndexReport } from '@tidegate/postgres';
import { type Command, Option } from 'commander';
import { tableView } from '../table-view.ts';
import { directDatabaseUrl, printJson, type Terminal } from '../terminal.ts';

interface ReportFlags {
  readonly minBytes: number;
  readonly minRows: number;
  readonly slowMs: number;
  readonly json?: boolean;
}

/** Of one Postgres: a replica counts what it is asked itself, so each is asked of its own. */
export function addIndexReport(db: Command, terminal: Terminal): void {
  db.command('index-report')
    .description(
      'Indexes of DATABASE_DIRECT_URL, or DATABASE_URL, that nothing uses or that another covers, tables that are read whole, slow statements.',
    )
    .addOption(new Option('--min-bytes <n>', 'unused indexes that are smaller are left out').default(1_048_576).argParser(Number))
    .addOption(new Option('--min-rows <n>', 'rows that one reading of a table passes over at least').default(10_000).argParser(Number))
    .addOption(new Option('--slow-ms <n>', 'statements that take so long on average').default(200).argParser(Number))
    .option('--json', 'the report as JSON')
    .action(async ({ minBytes, minRows, slowMs, json }: ReportFlags) => {
      const databaseUrl = directDatabaseUrl(terminal);
      const { readIndexReport } = await import('@tidegate/postgres');
      const report = await readIndexReport({ databaseUrl, bytesMin: minBytes, rowsMin: minRows, slowMs });
      if (json === true) return printJson(terminal, report);
      terminal.stdout.write(reportView(report));
    });
}

function reportView({ sinceMs, unused, duplicate, scanned, wanted, slow }: IndexReport): string {
  const since = sinceMs === null ? 'the database was made' : new Date(sinceMs).toISOString();
  return [
    `Counted since ${since}.`,
    section(
      'Unused indexes',
      ['table', 'index', 'bytes'],
      unused.map(({ table, index, bytes }) => [table, index, bytes]),
    ),
    section(
      'Indexes that another covers',
      ['table', 'index', 'covered_by', 'bytes'],
      duplicate.map(({ table, index, coveredBy, bytes }) => [table, index, coveredBy, bytes]),
    ),
    section(
      'Tables that are read whole: an index may be missing',
      ['table', 'scans', 'rows_a_scan', 'index_scans'],
      scanned.map(({ table, scans, rowsAScan, indexScans }) => [table, scans, Math.round(rowsAScan), indexScans]),
    ),
    section(
      'Indexes of packs that `tidegate db migrate` is to make',
      ['table', 'index'],
      wanted.map(({ table, index }) => [table, index]),
    ),
    slow === null
      ? 'Slow statements: pg_stat_statements is not loaded (shared_preload_libraries, CREATE EXTENSION).\n'
      : section(
          'Slow statements',
          ['calls', 'mean_ms', 'max_ms', 'query'],
          slow.map(({ calls, meanMs, maxMs, query }) => [calls, Math.round(meanMs), Math.round(maxMs), query]),
        ),
  ].join('\n');
}

function section(title: string, names: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return `${title}: none.\n`;
  const columns = names.map((name, at) => ({ name, type: typeof rows[0]?.[at] === 'number' ? ('integer' as const) : ('string' as const) }));
  return `${title}\n${tableView({ columns, rows })}`;
}
