import { dirname, resolve } from 'node:path';
import { textAt, type Mapping, type Row } from './mapping.ts';
import { openRows } from './row-source.ts';

/** Adds to a row what another file says of it; the row's own columns win. */
export type CompleteRow = (row: Row) => Row;

/** Reads the file that a mapping joins, which lies beside the one that is sent; of its rows with the same key the first counts. */
export async function joinRows(join: Mapping['join'], sent: string): Promise<CompleteRow> {
  if (join === undefined) return (row) => row;
  const file = resolve(sent === '-' ? '.' : dirname(sent), join.file);
  const { rows } = await openRows({ file, stdin: process.stdin });
  const keyOf = (row: Row): string => JSON.stringify(join.on.map((column) => textAt(row, column)));
  const byKey = new Map<string, Row>();
  for await (const row of rows) {
    const key = keyOf(row);
    if (!byKey.has(key)) byKey.set(key, row);
  }
  return (row) => ({ ...byKey.get(keyOf(row)), ...row });
}
