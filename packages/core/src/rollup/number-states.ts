import { compareExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import { DDSketch, sketchBin } from '../sketch/ddsketch.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { DoubleSum } from './double-sum.ts';
import { readDouble, readExact, writeDouble, writeExact } from './exact-codec.ts';
import { ExactSum } from './exact-sum.ts';
import type { NumberInput } from './number-input.ts';

export class CountState {
  readonly kind = 'count';
  n = 0;

  add(_input: NumberInput): void {
    this.n += 1;
  }

  merge(other: CountState): void {
    this.n += other.n;
  }

  subtract(other: CountState): void {
    this.n -= other.n;
  }

  write(into: ByteWriter): void {
    into.tally(this.n);
  }

  read(from: ByteReader): void {
    this.n = from.tally();
  }

  mergeEncoded(from: ByteReader): void {
    this.n += from.tally();
  }
}

/** Sum and number of the values that were present: `sum` and `avg`. */
export class SumState {
  readonly kind: 'sum' | 'avg';
  n = 0;
  readonly exact: ExactSum | null;
  readonly double: DoubleSum | null;

  constructor(kind: 'sum' | 'avg', numbers: 'exact' | 'double') {
    this.kind = kind;
    this.exact = numbers === 'exact' ? new ExactSum() : null;
    this.double = numbers === 'double' ? new DoubleSum() : null;
  }

  add(input: NumberInput): void {
    if (!input.isPresent) return;
    this.n += 1;
    if (this.exact === null) this.double?.add(input.double);
    else if (input.exact !== null) this.exact.add(input.exact);
  }

  merge(other: SumState): void {
    this.n += other.n;
    if (this.exact !== null && other.exact !== null) this.exact.merge(other.exact);
    if (this.double !== null && other.double !== null) this.double.merge(other.double);
  }

  /** Of exact numbers; what is left of doubles would not be what was there before. */
  subtract(other: SumState): void {
    if (this.exact === null || other.exact === null) throw new TypeError('a sum of doubles cannot be taken out of another');
    this.n -= other.n;
    this.exact.subtract(other.exact);
  }

  write(into: ByteWriter): void {
    into.tally(this.n);
    if (this.exact !== null) writeExact(this.exact.value(), into);
    if (this.double !== null) writePair(this.double, into);
  }

  read(from: ByteReader): void {
    this.n = from.tally();
    this.exact?.add(readExact(from));
    if (this.double === null) return;
    this.double.sum = readDouble(from);
    this.double.lost = from.float64();
  }

  /** Most cells are counts and sums of whole numbers: those need no state of their own. */
  mergeEncoded(from: ByteReader): void {
    if (this.exact === null) {
      const other = new SumState(this.kind, 'double');
      other.read(from);
      this.merge(other);
      return;
    }
    this.n += from.tally();
    this.exact.add(readExact(from));
  }
}

/** The least or the greatest value. */
export class ExtremeState {
  readonly kind: 'min' | 'max';
  readonly numbers: 'exact' | 'double';
  isPresent = false;
  exact: ExactNumber = { unscaled: 0, scale: 0 };
  double = 0;

  constructor(kind: 'min' | 'max', numbers: 'exact' | 'double') {
    this.kind = kind;
    this.numbers = numbers;
  }

  add(input: NumberInput): void {
    if (!input.isPresent) return;
    if (this.numbers === 'double') this.offerDouble(input.double);
    else if (input.exact !== null) this.offerExact(input.exact);
  }

  merge(other: ExtremeState): void {
    if (!other.isPresent) return;
    if (this.numbers === 'double') this.offerDouble(other.double);
    else this.offerExact(other.exact);
  }

  write(into: ByteWriter): void {
    into.byte(this.isPresent ? 1 : 0);
    if (!this.isPresent) return;
    if (this.numbers === 'exact') writeExact(this.exact, into);
    else writeDouble(this.double, into);
  }

  read(from: ByteReader): void {
    const presence = from.byte();
    if (presence > 1) from.fail();
    if (presence !== 1) return;
    this.isPresent = true;
    if (this.numbers === 'exact') this.exact = readExact(from);
    else this.double = readDouble(from);
  }

  /** Null of no values. */
  value(): ExactNumber | number | null {
    if (!this.isPresent) return null;
    return this.numbers === 'exact' ? this.exact : this.double;
  }

  private offerExact(value: ExactNumber): void {
    const order = this.isPresent ? compareExact(value, this.exact) : 0;
    if (!this.isPresent || (this.kind === 'min' ? order < 0 : order > 0)) this.exact = value;
    this.isPresent = true;
  }

  private offerDouble(value: number): void {
    if (!this.isPresent) this.double = value;
    else this.double = this.kind === 'min' ? Math.min(this.double, value) : Math.max(this.double, value);
    this.isPresent = true;
  }
}

export class QuantileState {
  readonly kind = 'quantile';
  sketch = new DDSketch();

  add(input: NumberInput): void {
    if (!input.isPresent) return;
    if (Number.isNaN(input.bin)) input.bin = sketchBin(Math.abs(input.double));
    this.sketch.addBinned(input.double, input.bin);
  }

  merge(other: QuantileState): void {
    this.sketch.merge(other.sketch);
  }

  subtract(other: QuantileState): void {
    this.sketch.subtract(other.sketch);
  }

  write(into: ByteWriter): void {
    this.sketch.write(into);
  }

  read(from: ByteReader): void {
    this.sketch = DDSketch.read(from);
  }
}

/** In the form whose first number is the rounded sum, which hardly depends on the order of the additions. */
function writePair(pair: DoubleSum, into: ByteWriter): void {
  const rounded = pair.sum + pair.lost;
  writeDouble(rounded, into);
  into.float64(Number.isFinite(rounded) ? pair.lost - (rounded - pair.sum) : 0);
}
