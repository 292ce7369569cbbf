import type { ByteReader } from '../rollup/byte-reader.ts';
import type { ByteWriter } from '../rollup/byte-writer.ts';

const INDEX_BITS = 14;
const REGISTERS = 2 ** INDEX_BITS;
/** Bits of a hash that are left for the rank. */
const RANK_BITS = 53 - INDEX_BITS;
const RANK_MAX = RANK_BITS + 1;
/** Bits of the rank that lie in the low half of a hash. */
const LOW_BITS = 32 - INDEX_BITS;

/** Standard deviation of an estimate as a part of the number itself: 1.04 / √m for m registers. */
export const HYPERLOGLOG_STANDARD_ERROR: number = 1.04 / Math.sqrt(REGISTERS);

/** Set registers up to which they are written one by one, in about two bytes each; beyond, all in half a byte each. */
const SPARSE_MAX = 4_096;
const NIBBLE_MAX = 15;

/**
 * HyperLogLog (P. Flajolet, É. Fusy, O. Gandouet, F. Meunier, AofA 2007) with 16,384 registers over hashes of 53 bits. The
 * estimate is Ertl's improved one (O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284,
 * algorithm 6), which needs no tables of bias and no switch between ranges. Registers only rise, so the sketch of a union is the
 * merge of the sketches, bit for bit, in any order.
 */
export class HyperLogLog {
  private readonly registers = new Uint8Array(REGISTERS);

  /** `hash`: from 1 to 2^53 - 1, spread evenly. */
  add(hash: number): void {
    const low = hash >>> 0;
    this.raise(low & (REGISTERS - 1), rankOf(low >>> INDEX_BITS, (hash - low) / 0x1_0000_0000));
  }

  merge(other: HyperLogLog): void {
    const { registers } = this;
    const others = other.registers;
    for (let i = 0; i < REGISTERS; i += 1) {
      const rank = others[i] ?? 0;
      if (rank > (registers[i] ?? 0)) registers[i] = rank;
    }
  }

  /** Number of different hashes, estimated. */
  estimate(): number {
    const counts = new Float64Array(RANK_MAX + 1);
    for (const rank of this.registers) counts[rank] = (counts[rank] ?? 0) + 1;
    let z = REGISTERS * tau(1 - (counts[RANK_MAX] ?? 0) / REGISTERS);
    for (let rank = RANK_BITS; rank >= 1; rank -= 1) z = (z + (counts[rank] ?? 0)) / 2;
    z += REGISTERS * sigma((counts[0] ?? 0) / REGISTERS);
    return (REGISTERS * REGISTERS) / (2 * Math.LN2 * z);
  }

  /** One form for one content: sparse up to 4,096 set registers, else dense. */
  write(into: ByteWriter): void {
    let set = 0;
    for (const rank of this.registers) if (rank > 0) set += 1;
    into.varint(set);
    if (set <= SPARSE_MAX) this.writeSparse(into);
    else this.writeDense(into);
  }

  /** Malformed bytes break the reader. */
  static read(from: ByteReader): HyperLogLog {
    const sketch = new HyperLogLog();
    const set = from.varint();
    if (set > REGISTERS) from.fail();
    else if (set <= SPARSE_MAX) sketch.readSparse(from, set);
    else sketch.readDense(from);
    return sketch;
  }

  /** Rises a register to at least `rank`. */
  private raise(index: number, rank: number): void {
    if (rank > (this.registers[index] ?? 0)) this.registers[index] = rank;
  }

  private writeSparse(into: ByteWriter): void {
    let next = 0;
    for (let i = 0; i < REGISTERS; i += 1) {
      const rank = this.registers[i] ?? 0;
      if (rank === 0) continue;
      into.varint((i - next) * 64 + rank);
      next = i + 1;
    }
  }

  private readSparse(from: ByteReader, set: number): void {
    let next = 0;
    for (let i = 0; i < set && !from.isBroken; i += 1) {
      const step = from.varint();
      const index = next + Math.floor(step / 64);
      this.put(from, index, step % 64);
      next = index + 1;
    }
  }

  /** The least rank, half a byte above it for each register, and those beyond the half byte one by one. */
  private writeDense(into: ByteWriter): void {
    const { registers } = this;
    let least = RANK_MAX;
    for (const rank of registers) if (rank < least) least = rank;
    into.byte(least);
    let far = 0;
    for (let i = 0; i < REGISTERS; i += 2) {
      const even = (registers[i] ?? 0) - least;
      const odd = (registers[i + 1] ?? 0) - least;
      far += Number(even >= NIBBLE_MAX) + Number(odd >= NIBBLE_MAX);
      into.byte(Math.min(even, NIBBLE_MAX) | (Math.min(odd, NIBBLE_MAX) << 4));
    }
    into.varint(far);
    let next = 0;
    for (let i = 0; far > 0 && i < REGISTERS; i += 1) {
      const rank = registers[i] ?? 0;
      if (rank - least < NIBBLE_MAX) continue;
      into.varint((i - next) * 64 + rank);
      next = i + 1;
    }
  }

  private readDense(from: ByteReader): void {
    const least = from.byte();
    const halves = from.part(REGISTERS / 2);
    if (from.isBroken || least > RANK_MAX) return void from.fail();
    for (let i = 0; i < REGISTERS; i += 1) {
      this.registers[i] = Math.min(least + (((halves[i >> 1] ?? 0) >> (4 * (i & 1))) & 0xf), RANK_MAX);
    }
    this.readSparse(from, from.count());
  }

  private put(from: ByteReader, index: number, rank: number): void {
    if (index >= REGISTERS || rank === 0 || rank > RANK_MAX) from.fail();
    else this.registers[index] = rank;
  }
}

/** One more than the zeros that a number of 39 bits ends in: `low` has its lower 18 bits, `high` the upper 21. */
function rankOf(low: number, high: number): number {
  if (low !== 0) return 32 - Math.clz32(low & -low);
  if (high !== 0) return LOW_BITS + 32 - Math.clz32(high & -high);
  return RANK_MAX;
}

/** x + Σ x^(2^k) · 2^(k-1), k ≥ 1: what registers that are still zero add. */
function sigma(x: number): number {
  if (x === 1) return Infinity;
  let power = x;
  let sum = x;
  let weight = 1;
  for (let before = -1; before !== sum; weight *= 2) {
    power *= power;
    before = sum;
    sum += power * weight;
  }
  return sum;
}

/** (1 - x - Σ (1 - x^(2^-k))² · 2^-k, k ≥ 1) / 3: what registers at the greatest rank add. */
function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let sum = 1 - x;
  let weight = 1;
  for (let before = -1; before !== sum;) {
    root = Math.sqrt(root);
    before = sum;
    weight /= 2;
    sum -= (1 - root) ** 2 * weight;
  }
  return sum / 3;
}
