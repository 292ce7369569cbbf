/** A growing buffer with the little-endian and variable-length numbers of the cell and announcement codecs. */
export class ByteWriter {
  private bytes: Uint8Array;
  private view: DataView;
  private end = 0;
  private readonly encoder = new TextEncoder();

  constructor(initialBytes = 256) {
    this.bytes = new Uint8Array(initialBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  get length(): number {
    return this.end;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.end);
  }

  reset(): void {
    this.end = 0;
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
    const encoded = this.encoder.encode(value);
    this.varint(encoded.length);
    this.raw(encoded);
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.bytes.length) return;
    const wider = new Uint8Array((this.end + bytes) * 2);
    wider.set(this.bytes.subarray(0, this.end));
    this.bytes = wider;
    this.view = new DataView(wider.buffer);
  }
}
