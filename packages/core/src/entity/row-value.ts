/** Values of rows as callers read them. */
import { parseDate, parseInstant } from '../event/instant.ts';
import { civilFromDays } from '../time/civil.ts';
import { toIsoUtc } from '../time/iso.ts';
import type { EntityColumn } from '../pack/compiled-entity.ts';
import type { EntityValue } from './entity-shape.ts';

/** Instants are RFC 3339, dates YYYY-MM-DD; a number is a number where a double holds it exactly, and its decimal text beyond. */
export function shownValue(column: EntityColumn, value: EntityValue): EntityValue {
  if (column === 'instant') return toIsoUtc(Number(value));
  if (column === 'date') return toDate(Number(value));
  return column === 'numeric' ? shownNumber(String(value)) : value;
}

/** Fifteen digits are what every decimal keeps that goes through a double; beyond, the text says whether this one does. */
function shownNumber(text: string): number | string {
  const number = Number(text);
  return String(number) === text && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text;
}

function toDate(days: number): string {
  const { year, month, day } = civilFromDays(days);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

const encoder = new TextEncoder();

/** Epoch milliseconds of an RFC 3339 instant; null where it is none. */
export function instantOf(text: string): number | null {
  return parsed(text, parseInstant);
}

/** Days since 1970-01-01 of a date; null where it is none. */
export function dateOf(text: string): number | null {
  return parsed(text, parseDate);
}

function parsed(text: string, parse: (bytes: Uint8Array, start: number, end: number) => number): number | null {
  const bytes = encoder.encode(text);
  const value = parse(bytes, 0, bytes.length);
  return Number.isNaN(value) ? null : value;
}
