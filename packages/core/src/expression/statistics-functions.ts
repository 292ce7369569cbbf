/** What expressions say of samples, by the same functions as the analyses. */
import { strengthOf } from '../analysis/correlation.ts';
import { bestOf, correctedOf, inOrder, Q_MAX, tryLags } from '../analysis/lagged.ts';
import type { Tried } from '../analysis/lagged.ts';
import { cohensD, welch, wilson } from '../analysis/comparison.ts';
import { sampleFigures } from '../analysis/sample.ts';
import { memberOf } from './list-functions.ts';
import { listOf, numberOf } from './number-functions.ts';
import { spend } from './work.ts';

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

/**
 * Of inputs `{name, values, min_lag}`, numbers by place, how each goes with the output so many places later: the best lag of each,
 * the strongest first, `q` corrected for all that were tried. What could not be tested has a `skipped` instead.
 */
export function correlations(inputs: unknown, output: unknown, maxLag: unknown): readonly unknown[] {
  const results = listOf(output).map(numberOf);
  const most = Math.max(0, Math.floor(numberOf(maxLag) ?? 0));
  const asked = listOf(inputs).map((input) => ({
    name: String(memberOf(input, 'name')),
    values: listOf(memberOf(input, 'values')).map(numberOf),
    minLag: Math.max(0, Math.floor(numberOf(memberOf(input, 'min_lag')) ?? 0)),
  }));
  // Of each lag every pair is looked at; it is one pass of plain arithmetic.
  spend(asked.length * (most + 1));
  const tried = asked.flatMap((input) => tryLags(input, results, most));
  const qOf = correctedOf(tried);
  return inOrder(bestOf(tried)).map((one) => toRow(one, qOf.get(one) ?? 1));
}

function toRow({ name, lag, found }: Tried, q: number): unknown {
  if (found.kind !== 'correlated') return { name, lag, n: found.n, skipped: found.kind };
  const { n, r, slope, p } = found.value;
  const said = { strength: strengthOf(r), significant: q < Q_MAX, direction: r < 0 ? 'negative' : 'positive' };
  return { name, lag, n, r, p, q, slope, ...said, skipped: null };
}
