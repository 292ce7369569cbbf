import { meanOf, medianOf } from './sample.ts';

export interface AnomalyRule {
  /** So many values with data before a value are what it is judged against. */
  readonly window: number;
  /** With fewer of them it is not judged. */
  readonly least: number;
  /** Values are compared with those a whole multiple of so many places before: 1 with all, 7 with the same weekday. */
  readonly season: number;
  /** |z| above this is an anomaly. */
  readonly threshold: number;
  /** |z| above this is one of high severity. */
  readonly high: number;
}

/** 28 days before, at least 14 of them, 3.5 and 6 (B. Iglewicz, D. Hoaglin, How to Detect and Handle Outliers, 1993, for 3.5). */
export const USUAL_ANOMALY_RULE: AnomalyRule = { window: 28, least: 14, season: 1, threshold: 3.5, high: 6 };

export interface Judged {
  /** Median of what the value is judged against. */
  readonly expected: number;
  /** Null where what went before was constant and the value differs from it. */
  readonly z: number | null;
  readonly isAnomaly: boolean;
  readonly severity: 'none' | 'moderate' | 'high';
  readonly direction: 'above' | 'below' | 'equal';
}

/**
 * Judges each value of a series by the values before it: z = 0.6745 (x - median) / MAD, where MAD is the median of the absolute
 * deviations. Where that is 0, z = (x - median) / (1.2533 × mean absolute deviation); where that is 0 too, whatever differs is an
 * anomaly without a z. Null: a value that is missing, or one with too little before it.
 */
export function judgeAnomalies(values: readonly (number | null)[], rule: AnomalyRule): readonly (Judged | null)[] {
  return values.map((value, at) => {
    if (value === null) return null;
    const before = referenceOf(values, at, rule);
    return before.length < rule.least ? null : judge(value, before, rule);
  });
}

function referenceOf(values: readonly (number | null)[], at: number, { window, season }: AnomalyRule): readonly number[] {
  const found: number[] = [];
  for (let place = at - season; place >= 0 && found.length < window; place -= season) {
    const value = values[place] ?? null;
    if (value !== null) found.push(value);
  }
  return found;
}

function judge(value: number, before: readonly number[], { threshold, high }: AnomalyRule): Judged {
  const expected = medianOf(before) ?? value;
  const z = robustZ(value, expected, before);
  const size = z === null ? Number.POSITIVE_INFINITY : Math.abs(z);
  const severity = size <= threshold ? 'none' : size > high ? 'high' : 'moderate';
  return { expected, z, isAnomaly: size > threshold, severity, direction: DIRECTIONS[Math.sign(value - expected) + 1] ?? 'equal' };
}

const DIRECTIONS: readonly Judged['direction'][] = ['below', 'equal', 'above'];

function robustZ(value: number, expected: number, before: readonly number[]): number | null {
  const distances = before.map((one) => Math.abs(one - expected));
  const mad = medianOf(distances) ?? 0;
  const spread = mad > 0 ? mad / 0.6745 : 1.2533 * (meanOf(distances) ?? 0);
  if (spread > 0) return (value - expected) / spread;
  return value === expected ? 0 : null;
}
