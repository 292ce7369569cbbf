import { byteAt } from './byte-at.ts';
import { FLAG } from './member-list.ts';

/** Why bytes are refused before anyone asks what they mean. */
export type JsonFault = 'bad_json' | 'bad_utf8' | 'bad_character' | 'duplicate_key' | 'number_out_of_range';

/** Where a scan of a string or number stands; one object serves all scans. */
export interface ScanCursor {
  /** Position after what was scanned. */
  at: number;
  flags: number;
  fault: JsonFault | null;
}

/** Scans the string whose opening quote is at `cursor.at`; false with `cursor.fault` set where it is not one. */
export function scanString(bytes: Uint8Array, end: number, cursor: ScanCursor): boolean {
  let i = cursor.at + 1;
  let flags = 0;
  while (i < end) {
    const byte = byteAt(bytes, i);
    if (byte === 0x22) {
      cursor.at = i + 1;
      cursor.flags = flags;
      return true;
    }
    if (byte === 0x5c) {
      flags |= FLAG.escaped;
      i = scanEscape(bytes, i, { end, cursor });
      if (i < 0) return false;
    } else if (byte >= 0x80) {
      flags |= FLAG.wide;
      const length = sequenceLength(bytes, i, end);
      if (length === 0) return fail(cursor, 'bad_utf8');
      i += length;
    } else if (byte < 0x20) {
      return fail(cursor, byte === 0 ? 'bad_character' : 'bad_json');
    } else {
      i += 1;
    }
  }
  return fail(cursor, 'bad_json');
}

/** Position after the escape at i, or -1. */
function scanEscape(bytes: Uint8Array, i: number, { end, cursor }: { end: number; cursor: ScanCursor }): number {
  const sign = i + 1 < end ? byteAt(bytes, i + 1) : 0;
  if (sign === 0x75) return scanUnicodeEscape(bytes, i, { end, cursor });
  return isOneOf(sign, '"\\/bfnrt') ? i + 2 : refuse(cursor, 'bad_json');
}

/** A surrogate must come as a pair; U+0000 is refused however it is written. */
function scanUnicodeEscape(bytes: Uint8Array, i: number, { end, cursor }: { end: number; cursor: ScanCursor }): number {
  const code = hex4(bytes, i + 2, end);
  if (code < 0) return refuse(cursor, 'bad_json');
  if (code === 0 || isLowSurrogate(code)) return refuse(cursor, 'bad_character');
  return code < 0xd800 || code > 0xdbff ? i + 6 : scanLowSurrogate(bytes, i + 6, { end, cursor });
}

function scanLowSurrogate(bytes: Uint8Array, i: number, { end, cursor }: { end: number; cursor: ScanCursor }): number {
  const isEscape = i + 1 < end && bytes[i] === 0x5c && bytes[i + 1] === 0x75;
  const low = isEscape ? hex4(bytes, i + 2, end) : 0;
  if (low < 0) return refuse(cursor, 'bad_json');
  return isLowSurrogate(low) ? i + 6 : refuse(cursor, 'bad_character');
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

function isOneOf(byte: number, signs: string): boolean {
  return signs.includes(String.fromCharCode(byte));
}

function hex4(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let code = 0;
  for (let i = at; i < at + 4; i += 1) {
    const digit = hexDigit(byteAt(bytes, i));
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** By lead byte: length of the sequence (0: no lead byte) and the range of its second byte; table 3-7 of the Unicode standard. */
const SEQUENCE_LENGTH = new Uint8Array(256).fill(2, 0xc2, 0xe0).fill(3, 0xe0, 0xf0).fill(4, 0xf0, 0xf5);
const SECOND_MIN = new Uint8Array(256).fill(0x80);
const SECOND_MAX = new Uint8Array(256).fill(0xbf);
SECOND_MIN[0xe0] = 0xa0;
SECOND_MAX[0xed] = 0x9f;
SECOND_MIN[0xf0] = 0x90;
SECOND_MAX[0xf4] = 0x8f;

/** Length of the well-formed UTF-8 sequence at i (2 to 4); 0 where there is none. */
function sequenceLength(bytes: Uint8Array, i: number, end: number): number {
  const lead = byteAt(bytes, i);
  const second = byteAt(bytes, i + 1);
  const length = byteAt(SEQUENCE_LENGTH, lead);
  if (i + length > end || second < byteAt(SECOND_MIN, lead) || second > byteAt(SECOND_MAX, lead)) return 0;
  for (let next = i + 2; next < i + length; next += 1) if (!isContinuation(byteAt(bytes, next))) return 0;
  return length;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function fail(cursor: ScanCursor, fault: JsonFault): false {
  cursor.fault = fault;
  return false;
}

function refuse(cursor: ScanCursor, fault: JsonFault): -1 {
  cursor.fault = fault;
  return -1;
}
