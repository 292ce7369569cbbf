import type { ExactNumber } from '../event/exact-number.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { readDouble, readExact, writeDouble, writeExact } from './exact-codec.ts';
import { ExactSum } from './exact-sum.ts';
import type { NumberInput } from './number-input.ts';
import { quotient } from './quotient.ts';

/**
 * What a variance measure answers: of the sample (divided by n - 1) or of the population (by n), as it is or its root; and the
 * mean and the number of the same values, without which two spreads cannot be compared.
 */
export type VarianceFigure = 'variance' | 'stddev' | 'variance_pop' | 'stddev_pop' | 'mean' | 'count';

/** Greatest whole number whose square a double holds. */
const SQUARED_MAX = 94_906_265;

/**
 * Spread of the values that were present. Of exact numbers: n, Σx and Σx², all exact, so nothing cancels and any order of merges
 * gives the same bytes. Of doubles: n, mean and the sum of squared distances to it, by Welford's update (B. P. Welford,
 * Technometrics 4, 1962) and the merge of T. F. Chan, G. H. Golub, R. J. LeVeque ("Updating formulae and a pairwise algorithm for
 * computing sample variances", 1979), whose last digits may depend on the order.
 */
export class VarianceState {
  readonly kind = 'variance';
  private n = 0;
  private readonly sums: ExactSums | null;
  private readonly moments: Moments | null;

  constructor(numbers: 'exact' | 'double') {
    this.sums = numbers === 'exact' ? new ExactSums() : null;
    this.moments = numbers === 'double' ? new Moments() : null;
  }

  /** Of exact numbers any order of additions gives the same. */
  get isOfDoubles(): boolean {
    return this.moments !== null;
  }

  add(input: NumberInput): void {
    if (!input.isPresent) return;
    this.n += 1;
    if (this.sums === null) this.moments?.add(input.double, this.n);
    else if (input.exact !== null) this.sums.add(input.exact);
  }

  merge(other: VarianceState): void {
    if (this.sums !== null && other.sums !== null) this.sums.merge(other.sums);
    if (this.moments !== null && other.moments !== null) this.moments.merge(this.n, other.moments, other.n);
    this.n += other.n;
  }

  /** Of exact numbers. */
  subtract(other: VarianceState): void {
    if (this.sums === null || other.sums === null) throw new TypeError('a variance of doubles cannot be taken out of another');
    this.sums.subtract(other.sums);
    this.n -= other.n;
  }

  write(into: ByteWriter): void {
    into.tally(this.n);
    this.sums?.write(into);
    this.moments?.write(into);
  }

  read(from: ByteReader): void {
    this.n = from.tally();
    this.sums?.read(from);
    this.moments?.read(from);
  }

  /** Null of fewer values than the figure needs (two for the sample's, one for the population's), and beyond the doubles. */
  value(figure: VarianceFigure): number | null {
    if (figure === 'count') return this.n;
    const value = figure === 'mean' ? this.mean() : this.spread(figure);
    return value !== null && Number.isFinite(value) ? value : null;
  }

  private spread(figure: 'variance' | 'stddev' | 'variance_pop' | 'stddev_pop'): number | null {
    const isOfPopulation = figure === 'variance_pop' || figure === 'stddev_pop';
    const degrees = isOfPopulation ? this.n : this.n - 1;
    if (degrees < 1) return null;
    const variance = this.sums === null ? (this.moments?.m2 ?? 0) / degrees : this.sums.varianceOf(this.n, degrees);
    return figure === 'stddev' || figure === 'stddev_pop' ? Math.sqrt(variance) : variance;
  }

  private mean(): number | null {
    if (this.n === 0) return null;
    return this.sums === null ? (this.moments?.mean ?? 0) : this.sums.meanOf(this.n);
  }
}

class ExactSums {
  private readonly sum = new ExactSum();
  private readonly squares = new ExactSum();

  add(value: ExactNumber): void {
    this.sum.add(value);
    const { unscaled, scale } = value;
    if (typeof unscaled === 'number' && Math.abs(unscaled) <= SQUARED_MAX) this.squares.addNumber(unscaled * unscaled, scale * 2);
    else this.squares.addBig(BigInt(unscaled) ** 2n, scale * 2);
  }

  merge(other: ExactSums): void {
    this.sum.merge(other.sum);
    this.squares.merge(other.squares);
  }

  subtract(other: ExactSums): void {
    this.sum.subtract(other.sum);
    this.squares.subtract(other.squares);
  }

  write(into: ByteWriter): void {
    writeExact(this.sum.value(), into);
    writeExact(this.squares.value(), into);
  }

  read(from: ByteReader): void {
    this.sum.add(readExact(from));
    this.squares.add(readExact(from));
  }

  meanOf(n: number): number {
    return quotient(this.sum.value(), BigInt(n));
  }

  /** (n Σx² - (Σx)²) / (n · degrees), as one fraction of whole numbers: the double nearest to it. */
  varianceOf(n: number, degrees: number): number {
    const sum = this.sum.value();
    const squares = this.squares.value();
    const scale = Math.max(squares.scale, sum.scale * 2);
    const ofSquares = BigInt(n) * BigInt(squares.unscaled) * 10n ** BigInt(scale - squares.scale);
    const ofSum = BigInt(sum.unscaled) ** 2n * 10n ** BigInt(scale - sum.scale * 2);
    return quotient({ unscaled: ofSquares - ofSum, scale }, BigInt(n) * BigInt(degrees));
  }
}

class Moments {
  mean = 0;
  m2 = 0;

  /** `n`: with this value. */
  add(value: number, n: number): void {
    const before = value - this.mean;
    this.mean += before / n;
    this.m2 += before * (value - this.mean);
  }

  /** `own` and `others`: how many values each side has. */
  merge(own: number, other: Moments, others: number): void {
    if (others === 0) return;
    const n = own + others;
    const between = other.mean - this.mean;
    this.m2 += other.m2 + between * between * (own / n) * others;
    // The mean of the more is moved: the other way around equal values would not give their own mean.
    this.mean = own >= others ? this.mean + between * (others / n) : other.mean - between * (own / n);
  }

  write(into: ByteWriter): void {
    writeDouble(this.mean, into);
    into.float64(this.m2);
  }

  read(from: ByteReader): void {
    this.mean = readDouble(from);
    this.m2 = from.float64();
  }
}
