import { normalTwoSided, studentTwoSided } from './distributions.ts';
import { sampleFigures } from './sample.ts';
import type { SampleFigures } from './sample.ts';

export interface WelchTest {
  readonly t: number;
  readonly df: number;
  /** Two-sided. */
  readonly p: number;
}

/** Welch's test of two samples; null where either has fewer than two values or neither any spread. */
export function welch(first: readonly number[], second: readonly number[]): WelchTest | null {
  return welchOf(sampleFigures(first), sampleFigures(second));
}

/** t = (m1 - m2) / √(s1²/n1 + s2²/n2), degrees of freedom by Welch and Satterthwaite (B. L. Welch, Biometrika 34, 1947). */
export function welchOf(a: SampleFigures, b: SampleFigures): WelchTest | null {
  if (a.sd === null || b.sd === null || a.mean === null || b.mean === null) return null;
  const [ofA, ofB] = [a.sd ** 2 / a.n, b.sd ** 2 / b.n];
  if (ofA + ofB === 0) return null;
  const t = (a.mean - b.mean) / Math.sqrt(ofA + ofB);
  const df = (ofA + ofB) ** 2 / (ofA ** 2 / (a.n - 1) + ofB ** 2 / (b.n - 1));
  return { t, df, p: studentTwoSided(t, df) };
}

/** Cohen's d: the difference of means in pooled standard deviations; null below two values or without spread. */
export function cohensD(a: SampleFigures, b: SampleFigures): number | null {
  if (a.sd === null || b.sd === null || a.mean === null || b.mean === null) return null;
  const pooled = Math.sqrt(((a.n - 1) * a.sd ** 2 + (b.n - 1) * b.sd ** 2) / (a.n + b.n - 2));
  return pooled === 0 ? null : (a.mean - b.mean) / pooled;
}

/** The 97.5 % point of the normal distribution. */
export const Z_95 = 1.959964;

export interface Interval {
  readonly lo: number;
  readonly hi: number;
}

/** Interval of a share by E. B. Wilson (Journal of the American Statistical Association 22, 1927); null of no trials. */
export function wilson(successes: number, trials: number, z: number = Z_95): Interval | null {
  if (trials <= 0) return null;
  const share = successes / trials;
  const scale = 1 + (z * z) / trials;
  const middle = (share + (z * z) / (2 * trials)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return { lo: Math.max(0, middle - half), hi: Math.min(1, middle + half) };
}

export interface Share {
  readonly successes: number;
  readonly trials: number;
}

export interface ShareTest {
  readonly difference: number;
  /** 95 % interval of the difference, from the two shares' own spreads. */
  readonly interval: Interval;
  /** From the pooled share; null where nobody or everybody succeeded. */
  readonly z: number | null;
  readonly p: number | null;
}

/** Difference of two shares, first minus second; null where one has no trials. */
export function compareShares(first: Share, second: Share): ShareTest | null {
  if (first.trials <= 0 || second.trials <= 0) return null;
  const [p1, p2] = [first.successes / first.trials, second.successes / second.trials];
  const pooled = (first.successes + second.successes) / (first.trials + second.trials);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / first.trials + 1 / second.trials));
  const own = Math.sqrt((p1 * (1 - p1)) / first.trials + (p2 * (1 - p2)) / second.trials);
  const difference = p1 - p2;
  const z = deviation === 0 ? null : difference / deviation;
  return {
    difference,
    interval: { lo: difference - Z_95 * own, hi: difference + Z_95 * own },
    z,
    p: z === null ? null : normalTwoSided(z),
  };
}
