/** Kafka's signed varints: zigzag, then seven bits a byte, least significant first, the top bit set on all but the last. */

export interface Cursor {
  position: number;
}

/** Bytes that `writeVarint` needs for a 32-bit integer. */
export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}

/** Writes a 32-bit integer at `position` and returns the position after it. */
export function writeVarint(bytes: Uint8Array, position: number, value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = position;
  while (zigzag >= 0x80) {
    bytes[at++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  bytes[at++] = zigzag;
  return at;
}

/** Reads a varint of at most 53 bits (lengths, deltas) and moves the cursor past it. */
export function readVarint(bytes: Uint8Array, cursor: Cursor): number {
  const first = bytes[cursor.position++] ?? 0;
  if (first < 0x80) return (first >>> 1) ^ -(first & 1);
  let value = first & 0x7f;
  let scale = 0x80;
  let byte: number | undefined;
  do {
    byte = bytes[cursor.position++];
    if (byte === undefined || scale > 0x2000000000000) throw new RangeError('a varint runs past the end of its record');
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
  } while (byte >= 0x80);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
