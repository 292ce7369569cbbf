/**
 * Rows as comparable text, in no order: numbers as plain decimals without trailing zeros, instants as local wall time of the
 * asked zone, as DuckDB's `strftime` writes them.
 */
export function comparable(rows: readonly (readonly unknown[])[]): readonly string[] {
  return rows.map((row) => row.map(toText).join(' | ')).toSorted();
}

function toText(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
  const moment = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/.exec(text);
  if (moment !== null) return `${moment[1]} ${moment[2]}`;
  return /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text;
}
