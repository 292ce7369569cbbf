const VARINT_SCALE_MAX = 0x80 ** 7;
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/**
 * Reads what `ByteWriter` wrote. Bytes come from outside, so reading never throws: past the end, or at a malformed number,
 * `isBroken` turns true and stays so, and every reading answers 0 or nothing.
 */
export class ByteReader {
  isBroken = false;
  /** How `tally` reads. */
  isSigned = false;
  private at = 0;
  private end: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
  }

  /** Begins again, with a part of the bytes: a reader for each of many small parts costs more than reading them. */
  restart(from: number, to: number): void {
    this.at = from;
    this.end = Math.min(to, this.bytes.length);
    this.isBroken = from > this.end;
    this.isSigned = false;
  }

  /** Whether all was read and nothing was malformed. */
  get isDone(): boolean {
    return !this.isBroken && this.at === this.end;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined || this.at >= this.end || this.isBroken) return this.fail();
    this.at += 1;
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      if (scale > VARINT_SCALE_MAX) return this.fail();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return Number.isSafeInteger(value) ? value : this.fail();
      scale *= 0x80;
    }
  }

  /** A number of things of which each takes at least a byte: a greater one than the bytes left is malformed. */
  count(): number {
    const value = this.varint();
    return value <= this.remaining ? value : this.fail();
  }

  tally(): number {
    return this.isSigned ? this.zigzag() : this.varint();
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A signed integer of any size; a number where seven bytes hold it, which spares a bigint for nearly all. */
  zigzagAny(): number | bigint {
    let more = 0;
    while (more < 7 && (this.bytes[this.at + more] ?? 0) >= 0x80) more += 1;
    return more < 7 ? this.zigzag() : this.zigzagBig();
  }

  zigzagBig(): bigint {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
      shift += 7n;
    }
  }

  float64(): number {
    if (this.isBroken || this.remaining < 8) return this.fail();
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  /** A copy of the next bytes. */
  raw(length: number): Uint8Array {
    return this.part(length).slice();
  }

  /** The next bytes themselves, as long as the caller's array is what it was. */
  part(length: number): Uint8Array {
    if (this.isBroken || length > this.remaining) {
      this.fail();
      return new Uint8Array(0);
    }
    this.at += length;
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.at - length, length);
  }

  /** How much was read. */
  get position(): number {
    return this.at;
  }

  /** Moves on without looking. */
  pass(length: number): void {
    if (length > this.remaining) this.fail();
    else this.at += length;
  }

  /** The next six bytes as a number, without moving on; 0 where there are fewer. */
  peekUint48(): number {
    if (this.remaining < 6) return 0;
    return this.view.getUint32(this.at, true) + 0x1_0000_0000 * this.view.getUint16(this.at + 4, true);
  }

  /** Moves on past `expected` if that is what comes next. */
  skip(expected: Uint8Array): boolean {
    if (this.isBroken || expected.length > this.remaining) return false;
    for (let i = 0; i < expected.length; i += 1) if (this.bytes[this.at + i] !== expected[i]) return false;
    this.at += expected.length;
    return true;
  }

  text(): string {
    return decoder.decode(this.part(this.count()));
  }

  fail(): 0 {
    this.isBroken = true;
    return 0;
  }
}
