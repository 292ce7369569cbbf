import type { Answer } from './ask.ts';

export const NDJSON_TYPE = 'application/x-ndjson';

/** One object per row with the columns as members, then one line with what stands beside the rows: `{"meta": …, "next_cursor": …}`. */
export function toNdjson({ columns, rows, meta, next_cursor }: Answer): string {
  const lines = rows.map((row) => JSON.stringify(Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null]))));
  return `${[...lines, JSON.stringify({ meta, next_cursor })].join('\n')}\n`;
}

/** Whether the caller prefers NDJSON: it is named and JSON is not named before it. */
export function wantsNdjson(accept: string | undefined): boolean {
  const types = (accept ?? '').split(',').map((one) => one.split(';')[0]?.trim().toLowerCase());
  const at = types.indexOf(NDJSON_TYPE);
  const json = types.indexOf('application/json');
  return at >= 0 && (json < 0 || at < json);
}
