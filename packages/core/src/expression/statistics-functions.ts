/** What expressions say of samples, by the same functions as the analyses. */
import { cohensD, welch, wilson } from '../analysis/comparison.ts';
import { sampleFigures } from '../analysis/sample.ts';
import { listOf, numberOf } from './number-functions.ts';

function sampleOf(list: unknown): readonly number[] {
  return listOf(list)
    .map(numberOf)
    .filter((value) => value !== null);
}

/** `{t, df, p}` of Welch's test, the first sample's mean less the second's; null below two values or without spread. */
export function welchTest(a: unknown, b: unknown): unknown {
  const test = welch(sampleOf(a), sampleOf(b));
  return test === null ? null : { t: test.t, df: test.df, p: test.p };
}

/** The difference of means in pooled standard deviations. */
export function effect(a: unknown, b: unknown): number | null {
  return cohensD(sampleFigures(sampleOf(a)), sampleFigures(sampleOf(b)));
}

/** `[lo, hi]`, the 95 % interval of a share; null of no trials. */
export function shareInterval(successes: unknown, trials: unknown): readonly number[] | null {
  const interval = wilson(numberOf(successes) ?? 0, numberOf(trials) ?? 0);
  return interval === null ? null : [interval.lo, interval.hi];
}
