import { byteAt } from './byte-at.ts';
import type { ScanCursor } from './json-string.ts';
import { FLAG } from './member-list.ts';

/** Beyond this exponent neither a double nor an exact number holds the value (5e-324 is the least double). */
const EXPONENT_MAX = 324;
const SHORT_DIGITS = 15;

/** Scans the number at `cursor.at` by RFC 8259's grammar; false with `cursor.fault` set where it is not one. */
export function scanNumber(bytes: Uint8Array, end: number, cursor: ScanCursor): boolean {
  const start = bytes[cursor.at] === 0x2d ? cursor.at + 1 : cursor.at;
  const i = skipDigits(bytes, start, end);
  const hasLeadingZero = bytes[start] === 0x30 && i > start + 1;
  if (i === start || hasLeadingZero) return fail(cursor, 'bad_json');
  cursor.flags = i - start <= SHORT_DIGITS ? FLAG.shortInteger : 0;
  cursor.at = i;
  return scanFraction(bytes, end, cursor) && scanExponent(bytes, end, cursor);
}

function scanFraction(bytes: Uint8Array, end: number, cursor: ScanCursor): boolean {
  if (cursor.at >= end || bytes[cursor.at] !== 0x2e) return true;
  const start = cursor.at + 1;
  const after = skipDigits(bytes, start, end);
  if (after === start) return fail(cursor, 'bad_json');
  cursor.at = after;
  cursor.flags = 0;
  return true;
}

function scanExponent(bytes: Uint8Array, end: number, cursor: ScanCursor): boolean {
  if (cursor.at >= end || (byteAt(bytes, cursor.at) | 0x20) !== 0x65) return true;
  const hasSign = cursor.at + 1 < end && (bytes[cursor.at + 1] === 0x2b || bytes[cursor.at + 1] === 0x2d);
  const start = cursor.at + (hasSign ? 2 : 1);
  const after = skipDigits(bytes, start, end);
  if (after === start) return fail(cursor, 'bad_json');
  let exponent = 0;
  for (let i = start; i < after && exponent <= EXPONENT_MAX; i += 1) exponent = exponent * 10 + byteAt(bytes, i) - 0x30;
  if (exponent > EXPONENT_MAX) return fail(cursor, 'number_out_of_range');
  cursor.at = after;
  cursor.flags = 0;
  return true;
}

function skipDigits(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && byteAt(bytes, i) >= 0x30 && byteAt(bytes, i) <= 0x39) i += 1;
  return i;
}

function fail(cursor: ScanCursor, fault: 'bad_json' | 'number_out_of_range'): false {
  cursor.fault = fault;
  return false;
}

/** The value of a number flagged `shortInteger`; never -0. */
export function readShortInteger(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === 0x2d;
  let value = 0;
  for (let i = isNegative ? start + 1 : start; i < end; i += 1) value = value * 10 + byteAt(bytes, i) - 0x30;
  return isNegative ? 0 - value : value;
}
