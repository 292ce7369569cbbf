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
    const byte = bytes[i] ?? 0;
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

/** Position after the escape at i, or -1. A surrogate must come as a pair; U+0000 is refused however it is written. */
function scanEscape(bytes: Uint8Array, i: number, { end, cursor }: { end: number; cursor: ScanCursor }): number {
  const sign = i + 1 < end ? (bytes[i + 1] ?? 0) : 0;
  if (sign !== 0x75) {
    const isKnown = sign === 0x22 || sign === 0x5c || sign === 0x2f || isOneOf(sign, 'bfnrt');
    return isKnown ? i + 2 : refuse(cursor, 'bad_json');
  }
  const code = hex4(bytes, i + 2, end);
  if (code < 0) return refuse(cursor, 'bad_json');
  if (code === 0 || (code >= 0xdc00 && code <= 0xdfff)) return refuse(cursor, 'bad_character');
  if (code < 0xd800 || code > 0xdbff) return i + 6;
  const hasNext = i + 7 < end && bytes[i + 6] === 0x5c && bytes[i + 7] === 0x75;
  const low = hasNext ? hex4(bytes, i + 8, end) : 0;
  if (low < 0) return refuse(cursor, 'bad_json');
  return low >= 0xdc00 && low <= 0xdfff ? i + 12 : refuse(cursor, 'bad_character');
}

function isOneOf(byte: number, signs: string): boolean {
  return signs.includes(String.fromCharCode(byte));
}

function hex4(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let code = 0;
  for (let i = at; i < at + 4; i += 1) {
    const digit = hexDigit(bytes[i] ?? 0);
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

/** Length of the well-formed UTF-8 sequence at i (2 to 4), by table 3-7 of the Unicode standard; 0 where there is none. */
function sequenceLength(bytes: Uint8Array, i: number, end: number): number {
  const lead = bytes[i] ?? 0;
  const second = bytes[i + 1] ?? 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead < 0xc2 || lead > 0xf4 || i + length > end || !isContinuation(second)) return 0;
  if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return 0;
  if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return 0;
  for (let next = i + 2; next < i + length; next += 1) if (!isContinuation(bytes[next] ?? 0)) return 0;
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
