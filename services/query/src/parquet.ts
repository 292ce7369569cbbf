import type { Answer } from './ask.ts';

/**
 * The rows as one Parquet file; what stands beside them is JSON in its metadata, under the key `tidegate`. The writer is DuckDB, a
 * native library that is loaded by the first who wants such an answer.
 */
export async function toParquet({ columns, rows, meta, next_cursor }: Omit<Answer, 'meta'> & { readonly meta: object }): Promise<Buffer> {
  const { tableParquet } = await import('@tidegate/archive');
  return tableParquet({ columns, rows, about: JSON.stringify({ columns, meta, next_cursor }) });
}
