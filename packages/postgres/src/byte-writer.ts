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
    this.end = this.buffer.writeInt16BE(value, this.end);
  }

  int32(value: number): void {
    this.reserve(4);
    this.end = this.buffer.writeInt32BE(value, this.end);
  }

  /** Any integer that a double holds exactly. */
  int64(value: number): void {
    this.reserve(8);
    const high = Math.floor(value / 4_294_967_296);
    this.end = this.buffer.writeInt32BE(high, this.end);
    this.end = this.buffer.writeUInt32BE(value - high * 4_294_967_296, this.end);
  }

  /** UTF-8 with its length before it, as a field of a row or an element of an array. */
  text(value: string): void {
    this.reserve(4 + value.length * 3);
    const written = this.buffer.write(value, this.end + 4);
    this.buffer.writeInt32BE(written, this.end);
    this.end += 4 + written;
  }

  /** Bytes `from` ≤ i < `to` of `value` with their length before them. */
  field(value: Uint8Array, from = 0, to = value.length): void {
    this.reserve(4 + to - from);
    this.end = this.buffer.writeInt32BE(to - from, this.end);
    this.buffer.set(from === 0 && to === value.length ? value : value.subarray(from, to), this.end);
    this.end += to - from;
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.end);
    this.end += value.length;
  }

  patchInt32(at: number, value: number): void {
    this.buffer.writeInt32BE(value, at);
  }

  /** The bytes so far; valid until the next write. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.end);
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.end + bytes));
    this.buffer.copy(grown, 0, 0, this.end);
    this.buffer = grown;
  }
}
