/** A table in memory as one Parquet file, by DuckDB: what answers are as such a file. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, DuckDBTimestampTZValue } from '@duckdb/node-api';
import type { DuckDBAppender } from '@duckdb/node-api';

export interface TableColumn {
  readonly name: string;
  /** Of others the values are texts: JSON where they are no texts themselves. */
  readonly type: string;
}

export interface ParquetTable {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly unknown[])[];
  /** Stands in the file's metadata under the key `tidegate`. */
  readonly about: string;
}

type Append = (to: DuckDBAppender, value: unknown) => void;

interface Stored {
  readonly sql: 'TIMESTAMPTZ' | 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'VARCHAR';
  readonly append: Append;
}

const INT64 = 2n ** 63n;
const WHOLE = /^-?\d{1,19}$/;

const TEXT: Stored = { sql: 'VARCHAR', append: (to, value) => to.appendVarchar(typeof value === 'string' ? value : JSON.stringify(value)) };
const TIME: Stored = {
  sql: 'TIMESTAMPTZ',
  append: (to, value) => to.appendTimestampTZ(new DuckDBTimestampTZValue(BigInt(Date.parse(String(value))) * 1_000n)),
};
const INTEGER: Stored = { sql: 'BIGINT', append: (to, value) => to.appendBigInt(BigInt(String(value))) };
const DOUBLE: Stored = { sql: 'DOUBLE', append: (to, value) => to.appendDouble(Number(value)) };
const BOOLEAN: Stored = { sql: 'BOOLEAN', append: (to, value) => to.appendBoolean(value === true) };

/** A column one of whose values does not fit its type digit by digit is one of texts. */
function storedAs(type: string, values: readonly unknown[]): Stored {
  const all = (fits: (value: unknown) => boolean): boolean => values.every((value) => value === null || fits(value));
  if (type === 'time' && all((value) => Number.isFinite(Date.parse(String(value))))) return TIME;
  if (type === 'boolean' && all((value) => typeof value === 'boolean')) return BOOLEAN;
  if (type === 'integer' && all(isInt64)) return INTEGER;
  // Numbers with more digits than a double holds come as text.
  if (type === 'number' && all((value) => typeof value === 'number')) return DOUBLE;
  return TEXT;
}

function isInt64(value: unknown): boolean {
  const text = String(value);
  if (!WHOLE.test(text)) return false;
  const whole = BigInt(text);
  return whole < INT64 && whole >= -INT64;
}

/** The same bytes for the same table. One thread and a quarter of a gigabyte: it runs beside the servers. */
export async function tableParquet({ columns, rows, about }: ParquetTable): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-parquet-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '256MB' });
  const connection = await instance.connect();
  try {
    const stored = columns.map(({ type }, at) =>
      storedAs(
        type,
        rows.map((row) => row[at] ?? null),
      ),
    );
    await connection.run(
      `CREATE TABLE answer (${columns.map(({ name }, at) => `${quoted(name)} ${stored[at]?.sql ?? 'VARCHAR'}`).join(', ')})`,
    );
    const to = await connection.createAppender('answer');
    for (const row of rows) {
      for (const [at, { append }] of stored.entries()) {
        const value = row[at] ?? null;
        if (value === null) to.appendNull();
        else append(to, value);
      }
      to.endRow();
    }
    to.closeSync();
    const path = join(folder, 'answer.parquet');
    const metadata = `KV_METADATA {tidegate: '${about.replaceAll("'", "''")}'}`;
    await connection.run(`COPY answer TO '${path.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd, ${metadata})`);
    return await readFile(path);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
