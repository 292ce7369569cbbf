import { studentTwoSided } from './distributions.ts';
import { fitLine } from './line.ts';
import type { Line, Point } from './line.ts';
import { meanOf } from './sample.ts';
import { welch } from './comparison.ts';

export interface Trend {
  readonly n: number;
  readonly line: Line | null;
  /** Of the hypothesis that the slope is 0; null below three points. */
  readonly p: number | null;
  /** Change in 30 units of x, in percent of the mean; null without a line or with mean 0. */
  readonly slopePer30Pct: number | null;
  readonly direction: 'rising' | 'falling' | 'stable' | 'insufficient_data';
  readonly change: ChangePoint | null;
}

/** A level before and another one after. */
export interface ChangePoint {
  /** Index of the first point of the second part. */
  readonly at: number;
  readonly before: number;
  readonly after: number;
  /** Of Welch's test of the two parts, times the number of places that were tried. */
  readonly p: number;
}

const POINTS_MIN = 5;
/** Percent in 30 days: less is no direction. */
const DIRECTION_PCT = 1;

/** Direction and slope of points in the order of x, which is in days where they are of a series. */
export function trendOf(points: readonly Point[]): Trend {
  const { length: n } = points;
  const line = n < POINTS_MIN ? null : fitLine(points);
  const mean = meanOf(points.map(({ y }) => y)) ?? 0;
  const slopePer30Pct = line === null || mean === 0 ? null : (100 * 30 * line.slope) / Math.abs(mean);
  return { n, line, p: slopeP(points, line), slopePer30Pct, direction: directionOf(line, slopePer30Pct), change: changePoint(points) };
}

function directionOf(line: Line | null, pct: number | null): Trend['direction'] {
  if (line === null) return 'insufficient_data';
  const measure = pct ?? Math.sign(line.slope) * DIRECTION_PCT;
  if (measure >= DIRECTION_PCT) return 'rising';
  return measure <= -DIRECTION_PCT ? 'falling' : 'stable';
}

/** t = slope / its standard error, with n - 2 degrees of freedom. */
function slopeP(points: readonly Point[], line: Line | null): number | null {
  const df = points.length - 2;
  if (line === null || df < 1) return null;
  const meanX = meanOf(points.map(({ x }) => x)) ?? 0;
  const xx = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (line.sse === 0) return line.slope === 0 ? 1 : 0;
  return studentTwoSided(line.slope / Math.sqrt(line.sse / df / xx), df);
}

const PART_MIN = 5;
const CHANGE_P_MAX = 0.01;

/**
 * The place that cuts the series into two levels with the least squared distances. Told only where Welch's test holds after
 * Bonferroni's correction for the places tried (p < 0.01). A straight slope also looks like two levels: a caller that sees both
 * a line with a high r2 and a change should trust the line.
 */
export function changePoint(points: readonly Point[]): ChangePoint | null {
  const values = points.map(({ y }) => y);
  const places = values.length - 2 * PART_MIN + 1;
  if (places < 1) return null;
  const sums = prefixSums(values);
  let at = PART_MIN;
  let least = Number.POSITIVE_INFINITY;
  for (let place = PART_MIN; place <= values.length - PART_MIN; place += 1) {
    const distance = spreadOf(sums, 0, place) + spreadOf(sums, place, values.length);
    if (distance < least) [least, at] = [distance, place];
  }
  const [before, after] = [values.slice(0, at), values.slice(at)];
  const p = levelP(before, after) * places;
  if (p >= CHANGE_P_MAX) return null;
  return { at, before: meanOf(before) ?? 0, after: meanOf(after) ?? 0, p: Math.min(1, p) };
}

/** Two constant parts have no spread to test by: they differ for certain, or not at all. */
function levelP(before: readonly number[], after: readonly number[]): number {
  const test = welch(before, after);
  if (test !== null) return test.p;
  return meanOf(before) === meanOf(after) ? 1 : 0;
}

interface PrefixSums {
  readonly sums: readonly number[];
  readonly squares: readonly number[];
}

/** Of distances to the mean of all, so that squares stay small. */
function prefixSums(values: readonly number[]): PrefixSums {
  const mean = meanOf(values) ?? 0;
  const sums = [0];
  const squares = [0];
  for (const [at, value] of values.entries()) {
    sums.push((sums[at] ?? 0) + value - mean);
    squares.push((squares[at] ?? 0) + (value - mean) ** 2);
  }
  return { sums, squares };
}

/** Σ (y - mean)² of the values from `from` up to `to`. */
function spreadOf({ sums, squares }: PrefixSums, from: number, to: number): number {
  const sum = (sums[to] ?? 0) - (sums[from] ?? 0);
  return (squares[to] ?? 0) - (squares[from] ?? 0) - (sum * sum) / (to - from);
}

/** Mean of each value and up to `window - 1` earlier ones that are there; null where none is. */
export function rollingMeans(values: readonly (number | null)[], window: number): readonly (number | null)[] {
  return values.map((_, at) => meanOf(values.slice(Math.max(0, at - window + 1), at + 1).filter((value) => value !== null)));
}
