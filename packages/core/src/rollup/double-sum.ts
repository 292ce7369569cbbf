/**
 * The sum of doubles as a pair (sum, what rounding lost), by Neumaier's variant of Kahan summation (A. Neumaier, "Rundungsfehleranalyse
 * einiger Verfahren zur Summation endlicher Summen", ZAMM 54, 1974). The error after n values is about n² · 2⁻¹⁰⁶ · Σ|x| plus
 * half a unit in the last place, so another order or split may differ in that last place; where order must not matter at all
 * a field is declared `decimal`.
 */
export class DoubleSum {
  sum = 0;
  lost = 0;

  add(value: number): void {
    const sum = this.sum + value;
    if (Math.abs(this.sum) >= Math.abs(value)) this.lost += this.sum - sum + value;
    else this.lost += value - sum + this.sum;
    this.sum = sum;
  }

  merge(other: DoubleSum): void {
    this.add(other.sum);
    this.lost += other.lost;
  }

  /** Null where the sum has left the doubles. */
  value(): number | null {
    const total = this.sum + this.lost;
    return Number.isFinite(total) ? total : null;
  }
}
