import type { AnswerColumn, AnswerValue } from '@tidegate/core';
import type { Answer } from './ask.ts';

/**
 * RFC 4180 with the columns' names as first line. Nothing (null) is an empty field, the empty text is `""`.
 *
 * A spreadsheet runs a text that begins like a formula, and texts of dimensions are what some caller once sent: such a text gets
 * an apostrophe before it, which spreadsheets take as "this is text". Numbers are never changed. Who needs the texts as they are
 * takes JSON or NDJSON. Lists (of top_k and histogram) are their JSON.
 */
export function toCsv({ columns, rows }: Pick<Answer, 'columns' | 'rows'>): string {
  const lines = [columns.map(({ name }) => quoted(name)), ...rows.map((row) => columns.map((column, at) => field(column, row[at])))];
  return lines.map((fields) => `${fields.join(',')}\r\n`).join('');
}

/** The signs themselves, their full-width forms, and white space that a spreadsheet skips before it looks. */
const FORMULA_BEGIN = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const NEEDS_QUOTES = /[",\r\n]|^$|^\s|\s$/;

function field({ type }: AnswerColumn, value: AnswerValue | undefined): string {
  if (value === null || value === undefined) return '';
  // Digits too many for a double come as text and are numbers all the same; a time begins with a sign only before the year 0.
  const isText = typeof value === 'string' && type === 'string';
  if (typeof value === 'object') return quoted(JSON.stringify(value));
  return quoted(isText && FORMULA_BEGIN.test(value) ? `'${value}` : String(value));
}

/** Any text, one that a spreadsheet would run with an apostrophe before it; the empty one is an empty field. */
export function csvField(text: string): string {
  return text === '' ? '' : quoted(FORMULA_BEGIN.test(text) && !NUMBER.test(text) ? `'${text}` : text);
}

function quoted(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
