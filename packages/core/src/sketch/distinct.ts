import type { ByteReader } from '../rollup/byte-reader.ts';
import type { ByteWriter } from '../rollup/byte-writer.ts';
import { HashSet } from './hash-set.ts';
import { HyperLogLog } from './hyperloglog.ts';

const EXACT = 0;
const ESTIMATED = 1;

/**
 * How many different values there were: all their hashes up to `exactTo` of them, a HyperLogLog beyond. Which of the two it is
 * depends on the values alone, so merging in any order, and adding a value again, gives the same bytes.
 */
export class DistinctSketch {
  private readonly exactTo: number;
  private exact = new HashSet();
  private sketch: HyperLogLog | null = null;

  constructor(exactTo: number) {
    this.exactTo = exactTo;
  }

  /** `hash`: of `hashText`. */
  add(hash: number): void {
    if (this.sketch !== null) this.sketch.add(hash);
    else {
      this.exact.add(hash);
      if (this.exact.size > this.exactTo) this.estimateFromNow();
    }
  }

  /** `other` is left as it is. */
  merge(other: DistinctSketch): void {
    if (other.sketch === null) other.exact.each((hash) => this.add(hash));
    else (this.sketch ?? this.estimateFromNow()).merge(other.sketch);
  }

  /** A whole number; exact up to `exactTo`, and beyond never said to be less than that. */
  count(): number {
    return this.sketch === null ? this.exact.size : Math.max(this.exactTo + 1, Math.round(this.sketch.estimate()));
  }

  write(into: ByteWriter): void {
    into.byte(this.sketch === null ? EXACT : ESTIMATED);
    if (this.sketch === null) writeHashes(this.exact.sorted(), into);
    else this.sketch.write(into);
  }

  /** Malformed bytes break the reader. */
  read(from: ByteReader): void {
    const form = from.byte();
    if (form === ESTIMATED) this.sketch = HyperLogLog.read(from);
    else if (form === EXACT) this.readHashes(from);
    else from.fail();
  }

  private estimateFromNow(): HyperLogLog {
    const sketch = new HyperLogLog();
    this.exact.each((hash) => sketch.add(hash));
    this.exact = new HashSet();
    this.sketch = sketch;
    return sketch;
  }

  private readHashes(from: ByteReader): void {
    const known = from.count();
    if (known > this.exactTo) from.fail();
    let hash = 0;
    for (let i = 0; i < known && !from.isBroken; i += 1) {
      const step = from.varint();
      hash += step;
      if (step === 0 || !Number.isSafeInteger(hash)) from.fail();
      else this.exact.add(hash);
    }
  }
}

/** Rising, each as its distance to the one before it. */
function writeHashes(hashes: Float64Array, into: ByteWriter): void {
  into.varint(hashes.length);
  let before = 0;
  for (const hash of hashes) {
    into.varint(hash - before);
    before = hash;
  }
}
