import { exactNumber } from '../event/exact-number.ts';
import type { ExactNumber } from '../event/exact-number.ts';

const POWERS_OF_TEN = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/**
 * The exact sum of decimals. A plain number at one scale while that number is a safe integer, a bigint beyond, so that whole
 * numbers and prices add without allocation and 0.1 ten times is 1.
 */
export class ExactSum {
  /** The sum is (wide ?? small) / 10^scale. */
  private small = 0;
  private wide: bigint | null = null;
  private scale = 0;

  add(value: ExactNumber): void {
    if (typeof value.unscaled === 'number') this.addNumber(value.unscaled, value.scale);
    else this.addBig(value.unscaled, value.scale);
  }

  /** Adds unscaled / 10^scale; `unscaled` a safe integer. */
  addNumber(unscaled: number, scale: number): void {
    const raised = this.wide === null ? this.raisedToScale(unscaled, scale) : Number.NaN;
    const sum = this.small + raised;
    if (Number.isSafeInteger(sum)) this.small = sum;
    else this.addBig(BigInt(unscaled), scale);
  }

  addBig(unscaled: bigint, scale: number): void {
    let sum = this.wide ?? BigInt(this.small);
    let addend = unscaled;
    if (scale > this.scale) {
      sum *= 10n ** BigInt(scale - this.scale);
      this.scale = scale;
    } else if (scale < this.scale) {
      addend *= 10n ** BigInt(this.scale - scale);
    }
    this.wide = sum + addend;
  }

  merge(other: ExactSum): void {
    if (other.wide === null) this.addNumber(other.small, other.scale);
    else this.addBig(other.wide, other.scale);
  }

  subtract(other: ExactSum): void {
    if (other.wide === null) this.addNumber(-other.small, other.scale);
    else this.addBig(-other.wide, other.scale);
  }

  /** In normal form: equal sums are the same whatever came in which order. */
  value(): ExactNumber {
    if (this.wide === null && this.scale === 0) return { unscaled: this.small, scale: 0 };
    return exactNumber(this.wide ?? BigInt(this.small), this.scale);
  }

  /** Brings addend and sum to one scale; NaN where that leaves the safe integers. */
  private raisedToScale(unscaled: number, scale: number): number {
    if (scale === this.scale) return unscaled;
    if (scale < this.scale) return raise(unscaled, this.scale - scale);
    const raised = raise(this.small, scale - this.scale);
    if (!Number.isSafeInteger(raised)) return Number.NaN;
    this.small = raised;
    this.scale = scale;
    return unscaled;
  }
}

function raise(unscaled: number, places: number): number {
  const raised = unscaled * (POWERS_OF_TEN[places] ?? Number.NaN);
  return Number.isSafeInteger(raised) ? raised + 0 : Number.NaN;
}
