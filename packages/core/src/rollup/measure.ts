import type { CompiledMeasure } from '../pack/compiled.ts';
import { compareExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import { DDSketch, sketchBin } from '../sketch/ddsketch.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { DoubleSum } from './double-sum.ts';
import { ExactSum } from './exact-sum.ts';
import type { NumberInput } from './number-input.ts';

/** First byte of a number that is a double; other values of it are the scale of an exact number. */
const DOUBLE_MARK = 0xff;
const SCALE_MAX = 0xfe;

/** One measure's accumulated value; merging is associative and commutative, a new one is neutral. */
export type MeasureState = CountState | SumState | ExtremeState | QuantileState;

export class CountState {
  readonly kind = 'count';
  n = 0;

  add(_input: NumberInput): void {
    this.n += 1;
  }

  merge(other: CountState): void {
    this.n += other.n;
  }

  write(into: ByteWriter): void {
    into.varint(this.n);
  }

  read(from: ByteReader): void {
    this.n = from.varint();
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

  write(into: ByteWriter): void {
    into.varint(this.n);
    if (this.exact !== null) writeExact(this.exact.value(), into);
    if (this.double !== null) writePair(this.double, into);
  }

  read(from: ByteReader): void {
    this.n = from.varint();
    const mark = from.byte();
    if (this.exact !== null && mark <= SCALE_MAX) this.exact.add({ unscaled: from.zigzagAny(), scale: mark });
    else if (this.double !== null && mark === DOUBLE_MARK) {
      this.double.sum = from.float64();
      this.double.lost = from.float64();
    } else from.fail();
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
    else {
      into.byte(DOUBLE_MARK);
      into.float64(this.double);
    }
  }

  read(from: ByteReader): void {
    const presence = from.byte();
    if (presence > 1) from.fail();
    if (presence !== 1) return;
    this.isPresent = true;
    const mark = from.byte();
    if (this.numbers === 'exact' && mark <= SCALE_MAX) this.exact = { unscaled: from.zigzagAny(), scale: mark };
    else if (this.numbers === 'double' && mark === DOUBLE_MARK) this.double = from.float64();
    else from.fail();
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

  write(into: ByteWriter): void {
    this.sketch.write(into);
  }

  read(from: ByteReader): void {
    this.sketch = DDSketch.read(from);
  }
}

/** The empty value of a measure. */
export function createMeasure(measure: CompiledMeasure): MeasureState {
  switch (measure.kind) {
    case 'count':
      return new CountState();
    case 'sum':
    case 'avg':
      return new SumState(measure.kind, measure.numbers);
    case 'min':
    case 'max':
      return new ExtremeState(measure.kind, measure.numbers);
    case 'quantile':
      return new QuantileState();
  }
}

/** Both of one measure; anything else is a bug of the caller. */
export function mergeMeasure(into: MeasureState, from: MeasureState): void {
  if (into instanceof CountState && from instanceof CountState) into.merge(from);
  else if (into instanceof SumState && from instanceof SumState) into.merge(from);
  else if (into instanceof ExtremeState && from instanceof ExtremeState) into.merge(from);
  else if (into instanceof QuantileState && from instanceof QuantileState) into.merge(from);
  else throw new TypeError(`a ${from.kind} cannot be merged into a ${into.kind}`);
}

function writeExact(value: ExactNumber, into: ByteWriter): void {
  into.byte(value.scale);
  if (typeof value.unscaled === 'number' && Math.abs(value.unscaled) < 2 ** 52) into.zigzag(value.unscaled);
  else into.zigzagBig(BigInt(value.unscaled));
}

/** In the form whose first number is the rounded sum, which hardly depends on the order of the additions. */
function writePair(pair: DoubleSum, into: ByteWriter): void {
  const rounded = pair.sum + pair.lost;
  into.byte(DOUBLE_MARK);
  into.float64(rounded);
  into.float64(Number.isFinite(rounded) ? pair.lost - (rounded - pair.sum) : 0);
}
