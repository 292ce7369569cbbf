import { writeAscii } from '../hash/ascii.ts';

const encoder = new TextEncoder();
/** Below it the length of a text takes one byte. */
const SHORT_TEXT = 0x80;

/**
 * Little-endian and variable-length numbers, as the cell and announcement codecs write them, into chunks of memory that many
 * results share: most results are shorter than what an array of their own would cost.
 */
export class ByteWriter {
  private readonly chunkBytes: number;
  private bytes: Uint8Array<ArrayBuffer>;
  private view: DataView;
  private start = 0;
  private end = 0;
  /** How `tally` writes, and whether it met what an unsigned number cannot hold. */
  isSigned = false;
  metNegative = false;

  constructor(chunkBytes = 16_384) {
    this.chunkBytes = chunkBytes;
    this.bytes = new Uint8Array(chunkBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  get length(): number {
    return this.end - this.start;
  }

  /** What was written since the last call or reset. It is not written over: the next result stands behind it. */
  finish(): Uint8Array {
    const written = new Uint8Array(this.bytes.buffer, this.start, this.length);
    this.start = this.end;
    return written;
  }

  /** Forgets what was written since the last `finish`. */
  reset(): void {
    this.end = this.start;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.end++] = value;
  }

  /** Non-negative, below 2^53: seven bits a byte, least significant first, the top bit set on all but the last. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.end++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.end++] = rest;
  }

  /** A number of values, which is negative only where more were taken out of a cell than it had. */
  tally(value: number): void {
    if (this.isSigned) return this.zigzag(value);
    if (value < 0) this.metNegative = true;
    else this.varint(value);
  }

  /** A signed integer of magnitude below 2^52 as a varint: 0, -1, 1, -2 … become 0, 1, 2, 3 … */
  zigzag(value: number): void {
    this.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  /** A signed integer of any size, in the same form. */
  zigzagBig(value: bigint): void {
    let rest = value >= 0n ? value << 1n : (-value << 1n) - 1n;
    while (rest >= 0x80n) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.end, value, true);
    this.end += 8;
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.end);
    this.end += value.length;
  }

  /** UTF-8 with its byte length before it. */
  text(value: string): void {
    if (value.length < SHORT_TEXT && this.shortAscii(value)) return;
    const encoded = encoder.encode(value);
    this.varint(encoded.length);
    this.raw(encoded);
  }

  private shortAscii(value: string): boolean {
    this.reserve(1 + value.length);
    if (writeAscii(value, this.bytes, this.end + 1) < value.length) return false;
    this.bytes[this.end] = value.length;
    this.end += 1 + value.length;
    return true;
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.bytes.length) return;
    const written = this.bytes.subarray(this.start, this.end);
    this.bytes = new Uint8Array(Math.max(this.chunkBytes, (written.length + bytes) * 2));
    this.bytes.set(written);
    this.view = new DataView(this.bytes.buffer);
    this.start = 0;
    this.end = written.length;
  }
}
