import type { Answer } from './ask.ts';

/** One object per row with the columns as members, then one line with what stands beside the rows: `{"meta": …, "next_cursor": …}`. */
export function toNdjson({ columns, rows, meta, next_cursor }: Omit<Answer, 'meta'> & { readonly meta: object }): string {
  const lines = rows.map((row) => JSON.stringify(Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null]))));
  return `${[...lines, JSON.stringify({ meta, next_cursor })].join('\n')}\n`;
}
