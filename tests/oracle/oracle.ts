import { DuckDBInstance } from '@duckdb/node-api';

/** An independent reading of the same files: DuckDB in memory. What it says is what Tidegate has to answer. */
export interface Oracle {
  /** Rows of a query, numbers as they are (integers beyond 2^53 and decimals as exact text). */
  rows(sql: string): Promise<readonly (readonly OracleValue[])[]>;
  run(sql: string): Promise<void>;
  close(): void;
}

export type OracleValue = string | number | boolean | null;

/** The zones in which every kind and measure is compared: whole, half, three-quarter hours, half-hour DST, a skipped day. */
export const ORACLE_ZONES = ['UTC', 'Europe/Oslo', 'America/St_Johns', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia'] as const;

export async function openOracle(): Promise<Oracle> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    async rows(sql) {
      const result = await connection.runAndReadAll(sql);
      return result.getRowsJson().map((row) => row.map(toOracleValue));
    },
    async run(sql) {
      await connection.run(sql);
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function toOracleValue(value: unknown): OracleValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new Error(`the oracle gave a ${typeof value}: cast it to text or a number in the query`);
}

/** Quotes a string for SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
