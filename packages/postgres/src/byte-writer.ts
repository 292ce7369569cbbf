import { writeAscii } from '@tidegate/core';

/** Copies longer than this go through `set`; shorter ones cost less byte by byte than the call and its view. */
const LOOP_BYTES_MAX = 48;

/** A growing buffer with the big-endian integers of Postgres' binary formats. */
export class ByteWriter {
  private buffer: Buffer;
  private end = 0;

  constructor(initialBytes = 1_024) {
    this.buffer = Buffer.allocUnsafe(initialBytes);
  }

  get length(): number {
    return this.end;
  }

  int16(value: number): void {
    this.reserve(2);
    this.buffer[this.end] = value >> 8;
    this.buffer[this.end + 1] = value;
    this.end += 2;
  }

  int32(value: number): void {
    this.reserve(4);
    this.store32(this.end, value);
    this.end += 4;
  }

  /** Any integer that a double holds exactly. */
  int64(value: number): void {
    this.reserve(8);
    const high = Math.floor(value / 4_294_967_296);
    this.store32(this.end, high);
    this.store32(this.end + 4, value - high * 4_294_967_296);
    this.end += 8;
  }

  /** UTF-8 with its length before it, as a field of a row or an element of an array. */
  text(value: string): void {
    this.reserve(4 + value.length * 3);
    const ascii = writeAscii(value, this.buffer, this.end + 4);
    const written = ascii === value.length ? ascii : this.buffer.write(value, this.end + 4);
    this.store32(this.end, written);
    this.end += 4 + written;
  }

  /** Bytes `from` ≤ i < `to` of `value` with their length before them. */
  field(value: Uint8Array, from = 0, to = value.length): void {
    const length = to - from;
    this.reserve(4 + length);
    this.store32(this.end, length);
    this.end += 4;
    if (length > LOOP_BYTES_MAX) this.buffer.set(from === 0 && to === value.length ? value : value.subarray(from, to), this.end);
    else for (let i = 0; i < length; i += 1) this.buffer[this.end + i] = value[from + i] ?? 0;
    this.end += length;
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.end);
    this.end += value.length;
  }

  patchInt32(at: number, value: number): void {
    this.store32(at, value);
  }

  /** The bytes so far; valid until the next write. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.end);
  }

  private store32(at: number, value: number): void {
    this.buffer[at] = value >>> 24;
    this.buffer[at + 1] = value >>> 16;
    this.buffer[at + 2] = value >>> 8;
    this.buffer[at + 3] = value;
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.end + bytes));
    this.buffer.copy(grown, 0, 0, this.end);
    this.buffer = grown;
  }
}
