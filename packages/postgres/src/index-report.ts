/** What the database itself has counted of its indexes and its slow statements: for a person who looks what to add and what to drop. */
import { readWantedIndexes } from './entity-indexes.ts';
import type { WantedIndex } from './entity-indexes.ts';
import { createPool } from './pool.ts';
import type pg from 'pg';
import { run } from './statements.ts';

export interface UnusedIndex {
  readonly table: string;
  readonly index: string;
  readonly bytes: number;
}

export interface DuplicateIndex extends UnusedIndex {
  readonly coveredBy: string;
}

export interface ScannedTable {
  readonly table: string;
  readonly scans: number;
  readonly rowsAScan: number;
  readonly indexScans: number;
}

export interface SlowStatement {
  readonly calls: number;
  readonly meanMs: number;
  readonly maxMs: number;
  readonly totalMs: number;
  /** Without values. */
  readonly query: string;
}

export interface IndexReport {
  /** Since when is counted; null: since the database was made. */
  readonly sinceMs: number | null;
  readonly unused: readonly UnusedIndex[];
  readonly duplicate: readonly DuplicateIndex[];
  readonly scanned: readonly ScannedTable[];
  /** Indexes that packs added to large tables, and that `tidegate db migrate` is to make. */
  readonly wanted: readonly WantedIndex[];
  /** Null: pg_stat_statements is not there. */
  readonly slow: readonly SlowStatement[] | null;
}

export interface IndexReportAsk {
  readonly databaseUrl: string;
  /** Smaller indexes cost too little to be told of. */
  readonly bytesMin: number;
  /** So many rows one reading of a table passes over at least. */
  readonly rowsMin: number;
  readonly slowMs: number;
}

const SLOW_MAX = 20;

export async function readIndexReport({ databaseUrl, bytesMin, rowsMin, slowMs }: IndexReportAsk): Promise<IndexReport> {
  const pool = createPool({ databaseUrl, applicationName: 'tidegate-index-report', connectionsMax: 1, statementTimeoutMs: 60_000 });
  try {
    const { rows: since } = await pool.query<{ since_ms: number | null }>(
      'SELECT (extract(epoch FROM stats_reset) * 1000)::float8 AS since_ms FROM pg_stat_database WHERE datname = current_database()',
    );
    return {
      sinceMs: since[0]?.since_ms ?? null,
      unused: (await run<IndexRow>(pool, 'list-unused-indexes', [bytesMin])).map(toIndex),
      duplicate: (await run<IndexRow & { covered_by: string }>(pool, 'list-duplicate-indexes', [])).map((row) => ({
        ...toIndex(row),
        coveredBy: row.covered_by,
      })),
      scanned: (await run<ScannedRow>(pool, 'list-scanned-tables', [rowsMin])).map((row) => ({
        ...{ table: row.table_name, scans: row.scans, rowsAScan: row.rows_a_scan, indexScans: row.index_scans },
      })),
      wanted: await readWantedIndexes(pool),
      slow: (await hasStatements(pool)) ? (await run<SlowRow>(pool, 'list-slow-statements', [slowMs, SLOW_MAX])).map(toSlow) : null,
    };
  } finally {
    await pool.end();
  }
}

/** The extension may be made in the database and its library not be loaded: then reading it is an error. */
async function hasStatements(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ is_there: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements')
       AND current_setting('pg_stat_statements.max', true) IS NOT NULL AS is_there`,
  );
  return rows[0]?.is_there === true;
}

interface IndexRow {
  readonly table_name: string;
  readonly index_name: string;
  readonly bytes: number;
}

interface ScannedRow {
  readonly table_name: string;
  readonly scans: number;
  readonly rows_a_scan: number;
  readonly index_scans: number;
}

interface SlowRow {
  readonly calls: number;
  readonly mean_ms: number;
  readonly max_ms: number;
  readonly total_ms: number;
  readonly query: string;
}

function toIndex({ table_name: table, index_name: index, bytes }: IndexRow): UnusedIndex {
  return { table, index, bytes };
}

function toSlow({ calls, mean_ms: meanMs, max_ms: maxMs, total_ms: totalMs, query }: SlowRow): SlowStatement {
  return { calls, meanMs, maxMs, totalMs, query };
}
