import { civilFromDays, DAY_MS, daysFromCivil, daysInMonth } from '../time/civil.ts';
import { byteAt } from './byte-at.ts';

/** Instants without a clock, a calendar library or a string: RFC 3339 read from and written to bytes. */

const DIRECTIONS: ReadonlyMap<number, number> = new Map([
  [0x2b, 1],
  [0x2d, -1],
]);
/** Length of `1970-01-01T00:00:00Z`. */
const SHORTEST = 20;
/** 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z: what four digits of a year can write. */
export const INSTANT_MIN_MS = -62_167_219_200_000;
export const INSTANT_MAX_MS = 253_402_300_799_999;

/**
 * Reads an RFC 3339 date-time (section 5.6): epoch milliseconds, digits beyond the millisecond cut off; NaN where it is none.
 * A leap second counts as the first second of the next minute, as POSIX time has it.
 */
export function parseInstant(bytes: Uint8Array, start: number, end: number): number {
  const day = parseDate(bytes, start, start + 10);
  const hour = pair(bytes, start + 11);
  const minute = pair(bytes, start + 14);
  const second = pair(bytes, start + 17);
  const separator = byteAt(bytes, start + 10) | 0x20;
  const isDivided = (separator === 0x74 || separator === 0x20) && bytes[start + 13] === 0x3a && bytes[start + 16] === 0x3a;
  if (end - start < SHORTEST || !isDivided || !(hour <= 23 && minute <= 59 && second <= 60)) return Number.NaN;
  const wallMs = day * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1_000;
  const zoneAt = skipFraction(bytes, start + 19, end);
  const instantMs = wallMs + fractionMs(bytes, start + 19, zoneAt) - offsetMs(bytes, zoneAt, end);
  return isInstant(instantMs) ? instantMs : Number.NaN;
}

/** Whether four digits of a year can write it; false for NaN. */
export function isInstant(instantMs: number): boolean {
  return instantMs >= INSTANT_MIN_MS && instantMs <= INSTANT_MAX_MS;
}

/** Days since 1970-01-01 of a full-date (YYYY-MM-DD), or NaN. */
export function parseDate(bytes: Uint8Array, start: number, end: number): number {
  const year = pair(bytes, start) * 100 + pair(bytes, start + 2);
  const month = pair(bytes, start + 5);
  const day = pair(bytes, start + 8);
  if (end - start !== 10 || bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d) return Number.NaN;
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return Number.NaN;
  return daysFromCivil(year, month, day);
}

/** Writes the instant as `YYYY-MM-DDTHH:MM:SS.mmmZ`, 24 bytes. */
export function writeInstant(instantMs: number, out: Uint8Array, at: number): void {
  const days = Math.floor(instantMs / DAY_MS);
  const inDay = instantMs - days * DAY_MS;
  if (days !== writtenDay) {
    writeDate(days, writtenDate, 0);
    writtenDay = days;
  }
  for (let i = 0; i < 10; i += 1) out[at + i] = writtenDate[i] ?? 0;
  out[at + 10] = 0x54;
  writeDigits(Math.floor(inDay / 3_600_000), out, { at: at + 11, width: 2 });
  out[at + 13] = 0x3a;
  writeDigits(Math.floor(inDay / 60_000) % 60, out, { at: at + 14, width: 2 });
  out[at + 16] = 0x3a;
  writeDigits(Math.floor(inDay / 1_000) % 60, out, { at: at + 17, width: 2 });
  out[at + 19] = 0x2e;
  writeDigits(inDay % 1_000, out, { at: at + 20, width: 3 });
  out[at + 23] = 0x5a;
}

/** The date that was written last: events come mostly of one day, and a date's divisions cost more than its copy. */
const writtenDate = new Uint8Array(10);
let writtenDay = Number.NaN;

function writeDate(days: number, out: Uint8Array, at: number): void {
  const { year, month, day } = civilFromDays(days);
  writeDigits(year, out, { at, width: 4 });
  out[at + 4] = 0x2d;
  writeDigits(month, out, { at: at + 5, width: 2 });
  out[at + 7] = 0x2d;
  writeDigits(day, out, { at: at + 8, width: 2 });
}

function writeDigits(value: number, out: Uint8Array, { at, width }: { at: number; width: number }): void {
  let rest = value;
  for (let i = at + width - 1; i >= at; i -= 1) {
    out[i] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

/** Two digits as a number, or NaN. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = digit(bytes[at]);
  return tens * 10 + digit(bytes[at + 1]);
}

function digit(byte: number | undefined): number {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : Number.NaN;
}

/** Position of the zone; the same position as given where no fraction stands there. */
function skipFraction(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== 0x2e) return at;
  let i = at + 1;
  while (i < end && digit(bytes[i]) >= 0) i += 1;
  return i === at + 1 ? end : i;
}

function fractionMs(bytes: Uint8Array, at: number, end: number): number {
  let ms = 0;
  let weight = 100;
  for (let i = at + 1; i < end && weight >= 1; i += 1) {
    ms += digit(bytes[i]) * weight;
    weight /= 10;
  }
  return ms;
}

/** What the zone at `at` adds to UTC; NaN where there is no whole zone up to `end`. */
function offsetMs(bytes: Uint8Array, at: number, end: number): number {
  const sign = at < end ? byteAt(bytes, at) : 0;
  if ((sign | 0x20) === 0x7a) return end === at + 1 ? 0 : Number.NaN;
  const direction = DIRECTIONS.get(sign);
  if (direction === undefined || end !== at + 6 || bytes[at + 3] !== 0x3a) return Number.NaN;
  const hours = pair(bytes, at + 1);
  const minutes = pair(bytes, at + 4);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return direction * (hours * 60 + minutes) * 60_000;
}
