/** Bytes of a file of an export. */
import type { WarehouseFormat } from './warehouse-plan.ts';
import { csvField } from '../csv.ts';
import type { FileRows } from './warehouse-rows.ts';

export const FILE_TYPES: Readonly<Record<WarehouseFormat, string>> = {
  parquet: 'application/vnd.apache.parquet',
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
};

export async function encodeFile(format: WarehouseFormat, { columns, rows }: Pick<FileRows, 'columns' | 'rows'>): Promise<Buffer> {
  const names = columns.map(({ name }) => name);
  if (format === 'csv') return lines([names, ...rows].map((row) => row.map((value) => csvField(textOf(value))).join(',')));
  if (format === 'ndjson')
    return lines(rows.map((row) => JSON.stringify(Object.fromEntries(names.map((name, at) => [name, row[at] ?? null])))));
  // DuckDB is a native library: who exports nothing does not load it.
  const { tableParquet } = await import('@tidegate/archive');
  return tableParquet({ columns, rows, about: JSON.stringify({ columns }) });
}

function lines(all: readonly string[]): Buffer {
  return Buffer.from(`${all.join('\n')}\n`);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
