import type { RecordHeader, RecordSlab } from './port.ts';
import { readVarint, varintSize, writeVarint } from './varint.ts';
import type { Cursor } from './varint.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Encodes a header list once; records that carry the same headers share the bytes. */
export function encodeHeaders(headers: readonly RecordHeader[]): Uint8Array {
  const names = headers.map((header) => encoder.encode(header.name));
  let size = varintSize(headers.length);
  headers.forEach((header, i) => {
    const name = names[i]?.length ?? 0;
    size += varintSize(name) + name + varintSize(header.value?.length ?? -1) + (header.value?.length ?? 0);
  });
  const bytes = new Uint8Array(size);
  let at = writeVarint(bytes, 0, headers.length);
  headers.forEach((header, i) => {
    at = writeBytes(bytes, at, names[i] ?? null);
    at = writeBytes(bytes, at, header.value);
  });
  return bytes;
}

/** The header list of records without headers. */
export const NO_HEADERS: Uint8Array = encodeHeaders([]);

function writeBytes(bytes: Uint8Array, position: number, value: Uint8Array | null): number {
  const at = writeVarint(bytes, position, value === null ? -1 : value.length);
  if (value === null) return at;
  bytes.set(value, at);
  return at + value.length;
}

/** Decodes the header list of a slab's record; values are views of `bytes`. */
export function readHeaders(bytes: Uint8Array, start: number, end: number): RecordHeader[] {
  const headers: RecordHeader[] = [];
  walkHeaders({ bytes, start, end }, (nameStart, nameEnd, value) => {
    headers.push({ name: decoder.decode(bytes.subarray(nameStart, nameEnd)), value });
    return true;
  });
  return headers;
}

/** Value of the first header of that name of record `index`: null where the value is null, undefined where there is none. */
export function headerValue(slab: RecordSlab, index: number, name: string): Uint8Array | null | undefined {
  const { bytes } = slab;
  let found: Uint8Array | null | undefined;
  walkHeaders({ bytes, start: slab.headersStart[index] ?? 0, end: slab.headersEnd[index] ?? 0 }, (nameStart, nameEnd, value) => {
    if (!equalsAscii(bytes, { start: nameStart, end: nameEnd }, name)) return true;
    found = value;
    return false;
  });
  return found;
}

/** W3C trace context of record `index`, or null where the sender gave none. */
export function traceparentOf(slab: RecordSlab, index: number): string | null {
  const value = headerValue(slab, index, 'traceparent');
  return value === null || value === undefined ? null : decoder.decode(value);
}

type HeaderVisitor = (nameStart: number, nameEnd: number, value: Uint8Array | null) => boolean;

interface ByteRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

function walkHeaders({ bytes, start, end }: ByteRange, visit: HeaderVisitor): void {
  const cursor: Cursor = { position: start };
  const count = start < end ? readVarint(bytes, cursor) : 0;
  for (let i = 0; i < count; i++) {
    const nameLength = readVarint(bytes, cursor);
    const nameStart = cursor.position;
    const nameEnd = nameStart + nameLength;
    cursor.position = nameEnd;
    const valueLength = readVarint(bytes, cursor);
    const valueStart = cursor.position;
    cursor.position = valueStart + Math.max(0, valueLength);
    if (cursor.position > end) throw new RangeError('a header list runs past the end of its record');
    if (!visit(nameStart, nameEnd, valueLength < 0 ? null : bytes.subarray(valueStart, cursor.position))) return;
  }
}

/** Header names that are looked for are ASCII, so bytes and code units are compared without decoding. */
function equalsAscii(bytes: Uint8Array, { start, end }: Pick<ByteRange, 'start' | 'end'>, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
