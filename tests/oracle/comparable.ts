import type { AnswerValue } from '@tidegate/sdk';

/** Rows as comparable text, order left out: numbers as plain decimals, instants as local wall time of the asked zone. */
export function comparable(rows: readonly (readonly AnswerValue[])[]): readonly string[] {
  return rows.map((row) => row.map(toText).join(' | ')).toSorted();
}

function toText(value: AnswerValue): string {
  if (typeof value === 'string') {
    const moment = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})/.exec(value);
    return moment === null ? value : `${moment[1]} ${moment[2]}`;
  }
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
