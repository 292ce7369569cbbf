import type { ByteReader } from '../rollup/byte-reader.ts';
import type { ByteWriter } from '../rollup/byte-writer.ts';
import { BinStore } from './bin-store.ts';

/** Greatest distance of an estimate from the value that it stands for, as a part of that value. */
export const SKETCH_RELATIVE_ERROR = 0.01;

const GAMMA = (1 + SKETCH_RELATIVE_ERROR) / (1 - SKETCH_RELATIVE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);
/** ln of 2/(γ+1): the estimate of bin i is 2γ^i/(γ+1), at most 1 % from both ends of (γ^(i-1), γ^i]. */
const LOG_MIDDLE = Math.log(2 / (GAMMA + 1));
/** Smallest normal double; what is nearer to zero counts as zero, for its digits are lost already. */
const NORMAL_MIN = 2 ** -1022;

/** Most measures have no negative values; those share a store that stays empty. */
const NO_BINS = new BinStore();

/** Index of the bin that holds a magnitude. */
export function sketchBin(magnitude: number): number {
  return Math.ceil(Math.log(magnitude) / LOG_GAMMA);
}

function estimateOf(bin: number): number {
  return Math.min(Math.exp(bin * LOG_GAMMA + LOG_MIDDLE), Number.MAX_VALUE);
}

/**
 * DDSketch (C. Masson, J. E. Rim, H. K. Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
 * guarantees", VLDB 2019) with sparse stores that never collapse: bins of relative width γ = 1.01/0.99 for positive values, the
 * same for negative ones, and a count of zeros. The sketch of a union is the merge of the sketches, bit for bit.
 */
export class DDSketch {
  private zeros = 0;
  private negative: BinStore = NO_BINS;
  private readonly positive = new BinStore();
  private total = 0;

  get count(): number {
    return this.total;
  }

  /** `value` finite. */
  add(value: number): void {
    this.addBinned(value, sketchBin(Math.abs(value)));
  }

  /** The same where the bin of the value's magnitude is known. */
  addBinned(value: number, bin: number): void {
    if (value >= NORMAL_MIN) this.positive.add(bin);
    else if (value <= -NORMAL_MIN) this.ownNegative().add(bin);
    else this.zeros += 1;
    this.total += 1;
  }

  merge(other: DDSketch): void {
    this.zeros += other.zeros;
    this.total += other.total;
    if (other.negative !== NO_BINS) this.ownNegative().merge(other.negative);
    this.positive.merge(other.positive);
  }

  /** What `merge` of the same sketch adds; bins of which nothing is left go. */
  subtract(other: DDSketch): void {
    this.zeros -= other.zeros;
    this.total -= other.total;
    if (other.negative !== NO_BINS) this.ownNegative().subtract(other.negative);
    this.positive.subtract(other.positive);
  }

  /**
   * The quantile of probability p (0 ≤ p ≤ 1) of n values v(0) ≤ … ≤ v(n-1), by linear interpolation at rank r = p(n-1), as
   * SQL's `percentile_cont` defines it, between the estimates of v(⌊r⌋) and v(⌈r⌉), each within 1 % of its value. So the answer
   * lies within 1 % of the exact quantile where the two have one sign. Null of no values.
   */
  quantile(p: number): number | null {
    if (this.total === 0) return null;
    const rank = p * (this.total - 1);
    const below = Math.floor(rank);
    const lower = this.estimateAt(below);
    if (below === rank) return lower;
    const upper = this.estimateAt(below + 1);
    return lower * (below + 1 - rank) + upper * (rank - below);
  }

  private ownNegative(): BinStore {
    if (this.negative === NO_BINS) this.negative = new BinStore();
    return this.negative;
  }

  /** Estimate of the value of a rank, 0 … n-1. */
  private estimateAt(rank: number): number {
    let seen = 0;
    let estimate = 0;
    this.negative.eachDown((bin, count) => {
      estimate = -estimateOf(bin);
      seen += count;
      return seen > rank;
    });
    if (seen > rank) return estimate;
    seen += this.zeros;
    if (seen > rank) return 0;
    this.positive.each((bin, count) => {
      estimate = estimateOf(bin);
      seen += count;
      return seen > rank;
    });
    return estimate;
  }

  write(into: ByteWriter): void {
    into.tally(this.zeros);
    writeStore(this.negative, into);
    writeStore(this.positive, into);
  }

  /** Malformed bytes break the reader. */
  static read(from: ByteReader): DDSketch {
    const sketch = new DDSketch();
    sketch.zeros = from.tally();
    const negative = new BinStore();
    const negatives = readStore(negative, from);
    if (negative.size > 0) sketch.negative = negative;
    sketch.total = sketch.zeros + negatives + readStore(sketch.positive, from);
    return sketch;
  }
}

function writeStore(store: BinStore, into: ByteWriter): void {
  into.varint(store.size);
  let previous: number | null = null;
  store.each((index, count) => {
    if (previous === null) into.zigzag(index);
    else into.varint(index - previous);
    into.tally(count);
    previous = index;
    return false;
  });
}

/** Returns how many values the store counts. */
function readStore(store: BinStore, from: ByteReader): number {
  const bins = from.count();
  let total = 0;
  let index = 0;
  for (let i = 0; i < bins && !from.isBroken; i += 1) {
    index = i === 0 ? from.zigzag() : index + from.varint();
    const count = from.tally();
    if (!store.append(index, count)) from.fail();
    total += count;
  }
  return total;
}
