import { compareShares } from './comparison.ts';
import type { Share, ShareTest } from './comparison.ts';
import { chiSquareUpper } from './distributions.ts';

/** A variant against the control: shares of persons who reached the goal. */
export interface VariantResult extends Share {
  readonly variant: string;
  /** Null of nobody. */
  readonly rate: number | null;
  /** Against the control; null for the control itself, and where one of the two has nobody. */
  readonly test: ShareTest | null;
}

/**
 * Each variant's share of successes, and how it differs from the control's (two-sided test of two shares, pooled; the 95 %
 * interval of the difference is not pooled).
 */
export function compareVariants(counts: ReadonlyMap<string, Share>, control: string): readonly VariantResult[] {
  const base = counts.get(control) ?? { successes: 0, trials: 0 };
  return [...counts].map(([variant, { successes, trials }]) => ({
    ...{ variant, successes, trials },
    rate: trials === 0 ? null : successes / trials,
    test: variant === control ? null : compareShares({ successes, trials }, base),
  }));
}

/**
 * Probability of shares at least as far from the weights, were persons assigned by them (chi-square, one degree of freedom
 * less than there are variants); null where nobody was assigned or one variant stands alone.
 */
export function ratioProbability(assigned: readonly { readonly users: number; readonly weight: number }[]): number | null {
  const users = assigned.reduce((sum, one) => sum + one.users, 0);
  const weights = assigned.reduce((sum, one) => sum + one.weight, 0);
  if (users === 0 || weights === 0 || assigned.length < 2) return null;
  const distance = assigned.reduce((sum, { users: seen, weight }) => {
    const expected = (users * weight) / weights;
    return expected === 0 ? sum + (seen === 0 ? 0 : Infinity) : sum + (seen - expected) ** 2 / expected;
  }, 0);
  return distance === Infinity ? 0 : chiSquareUpper(distance, assigned.length - 1);
}
