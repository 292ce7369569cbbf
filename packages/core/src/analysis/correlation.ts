import { studentTwoSided } from './distributions.ts';
import { fitLine } from './line.ts';
import type { Point } from './line.ts';

export interface Correlation {
  readonly n: number;
  /** Pearson's coefficient. */
  readonly r: number;
  /** Of the least-squares line of y on x. */
  readonly slope: number;
  /** Null where |r| is 1. */
  readonly t: number | null;
  /** Two-sided, n - 2 degrees of freedom. */
  readonly p: number;
}

export type Correlated =
  { readonly kind: 'correlated'; readonly value: Correlation } | { readonly kind: 'too_few' | 'constant'; readonly n: number };

export const PAIRS_MIN = 10;

/** Pearson's r of pairs, with t = r √((n - 2) / (1 - r²)). */
export function correlate(pairs: readonly Point[]): Correlated {
  const { length: n } = pairs;
  if (n < PAIRS_MIN) return { kind: 'too_few', n };
  const line = fitLine(pairs);
  const reversed = fitLine(pairs.map(({ x, y }) => ({ x: y, y: x })));
  if (line === null || reversed === null) return { kind: 'constant', n };
  // r² is the product of the two slopes; their common sign is that of r.
  const r = Math.sign(line.slope) * Math.sqrt(Math.min(1, line.slope * reversed.slope));
  const rest = 1 - r * r;
  if (rest <= Number.EPSILON * n) return { kind: 'correlated', value: { n, r: Math.sign(r), slope: line.slope, t: null, p: 0 } };
  const t = r * Math.sqrt((n - 2) / rest);
  return { kind: 'correlated', value: { n, r, slope: line.slope, t, p: studentTwoSided(t, n - 2) } };
}

/** Pairs of the input so many places before each output; places where either is missing are left out. */
export function laggedPairs(input: readonly (number | null)[], output: readonly (number | null)[], lag: number): readonly Point[] {
  return output.flatMap((y, at) => {
    const x = input[at - lag] ?? null;
    return x === null || y === null ? [] : [{ x, y }];
  });
}

/**
 * Adjusted p values in the order given: q(i) = min over k ≥ i of m p(k) / k, over all m tests (Y. Benjamini, Y. Hochberg, Journal
 * of the Royal Statistical Society B 57, 1995). Below 0.05 at most one in twenty of the findings is expected to be chance.
 */
export function falseDiscovery(ps: readonly number[]): readonly number[] {
  const order = ps.map((p, at) => ({ p, at })).toSorted((a, b) => b.p - a.p);
  const adjusted = ps.map(() => 1);
  let least = 1;
  for (const [place, { p, at }] of order.entries()) {
    least = Math.min(least, (p * ps.length) / (ps.length - place));
    adjusted[at] = least;
  }
  return adjusted;
}

export function strengthOf(r: number): 'weak' | 'moderate' | 'strong' {
  const size = Math.abs(r);
  if (size < 0.3) return 'weak';
  return size < 0.5 ? 'moderate' : 'strong';
}
