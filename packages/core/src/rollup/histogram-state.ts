import { compareExact } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';
import type { HistogramBounds } from '../pack/compiled.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { NumberInput } from './number-input.ts';

/** Values from `from` on and below `to`; null where there is no end on that side. */
export interface HistogramBin {
  readonly from: ExactNumber | null;
  readonly to: ExactNumber | null;
  readonly count: number;
}

const NO_BOUNDS: HistogramBounds = { exact: [], doubles: [] };

/** Counts of values between fixed bounds: one bin below the first bound, one from each bound on. */
export class HistogramState {
  readonly kind = 'histogram';
  private readonly bounds: HistogramBounds;
  private readonly counts: number[] = [];

  constructor(bounds: HistogramBounds = NO_BOUNDS) {
    this.bounds = bounds;
    for (let bin = 0; bin <= bounds.doubles.length; bin += 1) this.counts.push(0);
  }

  add(input: NumberInput): void {
    if (!input.isPresent) return;
    const bin = this.binOf(input);
    this.counts[bin] = (this.counts[bin] ?? 0) + 1;
  }

  merge(other: HistogramState): void {
    for (let bin = 0; bin < this.counts.length; bin += 1) this.counts[bin] = (this.counts[bin] ?? 0) + (other.counts[bin] ?? 0);
  }

  subtract(other: HistogramState): void {
    for (let bin = 0; bin < this.counts.length; bin += 1) this.counts[bin] = (this.counts[bin] ?? 0) - (other.counts[bin] ?? 0);
  }

  write(into: ByteWriter): void {
    into.varint(this.counts.length);
    for (const count of this.counts) into.tally(count);
  }

  read(from: ByteReader): void {
    if (from.varint() !== this.counts.length) from.fail();
    for (let bin = 0; bin < this.counts.length && !from.isBroken; bin += 1) this.counts[bin] = from.tally();
  }

  value(): readonly HistogramBin[] {
    const { exact } = this.bounds;
    return this.counts.map((count, bin) => ({ from: exact[bin - 1] ?? null, to: exact[bin] ?? null, count }));
  }

  /** The number of bounds that are at most the value. */
  private binOf(input: NumberInput): number {
    let low = 0;
    let high = this.bounds.doubles.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.isBelow(input, middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Rounding keeps the order, so only where both round to one double do the exact values decide. */
  private isBelow(input: NumberInput, bound: number): boolean {
    const double = this.bounds.doubles[bound] ?? 0;
    const exact = this.bounds.exact[bound];
    if (input.double !== double || input.exact === null || exact === undefined) return input.double < double;
    return compareExact(input.exact, exact) < 0;
  }
}
